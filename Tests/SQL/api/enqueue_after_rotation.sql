-- A blocked job, and what it waits for, outlive the slots that they were written to.
\ir ../support/common.sql
select plan(6);

select queue.create_queue('q', '{"retention_finished": "0", "stripes": 1}') \g /dev/null
select queue.enqueue('q', 'parent') as parent \gset
select queue.enqueue('q', 'child', '{"body": "kept"}', headers => '{"h": "1"}', after => array[:parent]) as child \gset
create temp table turned (times int not null);
insert into turned values (0);
create procedure pg_temp.rotate(wanted int) language plpgsql as $$
declare
    v_did text;
begin
    for n in 1 .. 1200 loop
        v_did := queue.maintain() ->> 'rotation';
        update turned set times = times + 1 where v_did = 'rotated';
        commit;
        exit when (select times from turned) >= wanted;
        perform pg_sleep(0.1);
    end loop;
end
$$;
call pg_temp.rotate(4);
select is((select times from turned), 4, 'every slot was emptied');
select is(pg_temp.state(:child), 'blocked', 'the child is blocked still');
select is((pg_temp.job(:child)).payload, '{"body": "kept"}', 'and has its payload');
select is_empty($$ select * from queue.verify() where not ok $$, 'what is stored fits together');
select queue.complete(job, token) from pg_temp.take('q') \g /dev/null
create procedure pg_temp.settle_down(job bigint) language plpgsql as $$
begin
    for n in 1 .. 600 loop
        exit when pg_temp.state(job) = 'ready';
        perform queue.maintain();
        commit;
        perform pg_sleep(0.1);
    end loop;
end
$$;
call pg_temp.settle_down(:child);
select results_eq($$ select job_id, payload, headers from queue.claim_batch('q', 'w', 10) $$,
    format('values (%s::bigint, %L::jsonb, %L::jsonb)', :child, '{"body": "kept"}', '{"h": "1"}'), 'it runs after its parent, whole');
select is_empty($$ select * from queue.claim_batch('q', 'w', 10) $$, 'once');

select * from finish();
