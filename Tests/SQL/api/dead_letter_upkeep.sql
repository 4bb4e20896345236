-- Dead letters that are to stay cost maintain() nothing: it neither reads all of them to find those that are too old, nor
-- copies more than its share of them at a time out of a slot that is to be emptied.
\ir ../support/common.sql
\ir ../support/buffers.sql
select plan(9);


set enable_seqscan = off;
select queue.create_queue('q', '{"permanent_codes": ["E"], "lease": "1 second", "retention_finished": "1 second"}') \g /dev/null
select queue.create_queue('short', '{"permanent_codes": ["E"], "lease": "1 second", "retention_finished": "1 second", "retention_dead": "1 second"}') \g /dev/null
select count(*) from queue.enqueue_batch('q', 'k', array_fill('{"n": 1}'::jsonb, array[3000])) \g /dev/null
select count(*) from queue.enqueue_batch('short', 'k', array_fill('1'::jsonb, array[30])) \g /dev/null
do $$
begin
    for v_round in 1 .. 4 loop
        perform queue.fail_batch(jsonb_agg(jsonb_build_object('job_id', c.job_id, 'lease_token', c.lease_token, 'error_code', 'E')))
        from unnest(array['q', 'short']) as n (name) cross join lateral queue.claim_batch(n.name, 'w', 1000) as c
        having count(*) > 0;
    end loop;
end
$$;
select is((select count(*) from queue.dead_letter), 3030::bigint, 'three thousand dead letters, and thirty of a queue that keeps them for a second');
select pg_sleep(2.5) \g /dev/null
select queue.maintain() \g /dev/null
select is((select count(*) from queue.dead_letter), 3000::bigint, 'those that are too old are forgotten');
select cmp_ok(pg_temp.buffers('select queue_internal.prune_dead(1000)', 3), '<', 200::bigint, 'the others are not read one by one');

select slot from queue_internal.rotation \gset
select ok(queue_internal.keep(:slot, max_rows => 100) between 100 and 400, 'a share of them is copied at a time');
select ok((select count(*) from queue_internal.dead_letter where slot = 3) between 100 and 300, 'and known to be');
do $$
begin
    while queue_internal.keep((select slot from queue_internal.rotation), max_rows => 1000) > 0 loop end loop;
end
$$;
select is((select count(*) from queue_internal.dead_letter where slot < 3), 0::bigint, 'until all are');
select is((select count(*) from queue_internal.attempt_kept), 3000::bigint, 'with their attempts');
select cmp_ok(pg_temp.buffers(format('select queue_internal.keep(%s, clock_timestamp())', :slot), 3), '<', 400::bigint,
    'then nothing is left to be read while claims have to wait');
select is((select (pg_temp.job(min(job_id))).state || ' ' || (pg_temp.job(min(job_id))).payload from queue.dead_letter), 'dead {"n": 1}',
    'a dead job is still there');
select * from finish();
