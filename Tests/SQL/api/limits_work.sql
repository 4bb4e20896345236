-- Limits hold back no more than they must: while there is room and something that may start, claims get it, each job once.
\ir ../support/common.sql
select plan(3);

-- Works a queue off, so many jobs at a time, all done before the next claim; how many claims got how many jobs, how often each.
create function pg_temp.work_off(queue_name text, jobs int, out claims int, out got int, out most int) language plpgsql as $$
declare
    v_got int;
begin
    create temp table done (job_id bigint) on commit drop;
    claims := 0;
    for v_round in 1 .. 2000 loop
        with c as (
            insert into done select c.job_id from queue.claim_batch(queue_name, 'w', jobs) as c
            where queue.complete(c.job_id, c.lease_token) = 'ok' returning 1
        )
        select count(*) into v_got from c;
        exit when v_got = 0;
        claims := claims + 1;
    end loop;
    select count(*) into got from done;
    select max(d.n) into most from (select count(*) as n from done group by job_id) as d;
    drop table done;
end
$$;

-- Long runs of full groups, with jobs among them that are canceled, changed, or know a key.
select queue.create_queue('q', '{"max_in_flight_per_group": 20}');
select queue.enqueue_batch('q', 'k', array_fill('1'::jsonb, array[700]), group_key => 'a') \g /dev/null
select queue.enqueue('q', 'k', group_key => 'a', unique_key => 'u' || n) from generate_series(1, 20) as n \g /dev/null
select queue.enqueue_batch('q', 'k', array_fill('1'::jsonb, array[700]), group_key => 'b') \g /dev/null
select queue.cancel(j.job_id) from (select job_id from queue.job where queue = 'q' and job_id % 200 = 7) as j \g /dev/null
select queue.enqueue('q', 'k', '"new"', group_key => 'a', unique_key => 'u3', on_conflict => 'replace') \g /dev/null
select count(*) as live from queue.job where queue = 'q' and state = 'ready' \gset
select is((select w.got || ' ' || w.most from pg_temp.work_off('q', 60) as w), :live || ' 1', 'each job once');
select is((select count(*) from queue_internal.throttled), 0::bigint, 'nothing is left');
select is_empty($$ select * from queue.verify() where not ok $$, 'verify() finds nothing');
select * from finish();
