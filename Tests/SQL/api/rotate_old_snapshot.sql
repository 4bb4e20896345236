-- What is asked of a slot that is to be emptied, the last of it while claims have to wait, costs no more when the cursor, and
-- what was seen, are of snapshots with a transaction in progress that is older than all of the slot.
\ir ../support/common.sql
\ir ../support/buffers.sql
select plan(6);

set enable_seqscan = off;
select queue.create_queue('q', '{"stripes": 1, "lease": "1 hour"}') \g /dev/null
begin;
select pg_current_xact_id() as old \gset
commit;
do $$
begin
    for n in 1 .. 300 loop
        perform queue.enqueue_batch('q', 'k', array_fill('1'::jsonb, array[100]));
        commit;
    end loop;
end
$$;
do $$
begin
    while exists (select from queue.claim_batch('q', 'w', 1000)) loop
        commit;
    end loop;
end
$$;
select slot from queue_internal.rotation \gset
select lane from queue_internal.claim where token <> 0 limit 1 \gset
update queue_internal.claim as c
set before = format('%s:%s:%s', :old, pg_snapshot_xmax(c.upto), :old)::pg_snapshot,
    upto = format('%s:%s:%s', :old, pg_snapshot_xmax(c.upto), :old)::pg_snapshot
where c.lane = :lane;
select format('%s:%s:%s', :old, pg_snapshot_xmax(pg_current_snapshot()), :old) as seen \gset

select ok(not queue_internal.unconsumed_in(:lane, :slot), 'all was handed out');
select cmp_ok(pg_temp.buffers(format('select queue_internal.unconsumed_in(%s, %s)', :lane, :slot), 3), '<', 60::bigint,
    'which is not looked for in all of the slot');
update queue_internal.claim set slot = (:slot + 1) % 3;
select ok(queue_internal.is_carried(:slot, :'seen'), 'nothing came since');
select cmp_ok(pg_temp.buffers(format('select queue_internal.is_carried(%s, %L)', :slot, :'seen'), 3), '<', 100::bigint,
    'nor is that');
select count(*) from queue.enqueue_batch('q', 'k', array['2']::jsonb[]) \g /dev/null
select ok(queue_internal.unconsumed_in(:lane, :slot), 'a row that no claim has handed out is seen');
select ok(not queue_internal.is_carried(:slot, :'seen'), 'and one that came since');
select * from finish();
