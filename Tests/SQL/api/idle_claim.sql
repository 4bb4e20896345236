-- Hazard 15: a claim that finds nothing does not look at every lane of its queue again and again.
\ir ../support/common.sql
select plan(7);

-- Buffers that a claim reads; the least of some, because twice a second a claim looks more closely.
create function pg_temp.buffers(queue text) returns bigint volatile language plpgsql as $$
declare
    v_plan json;
    v_least bigint;
begin
    for v_try in 1 .. 8 loop
        execute format('explain (analyze, buffers, timing off, format json) select * from queue.claim_batch(%L, ''w'')', queue)
        into v_plan;
        v_least := least(v_least, (v_plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint);
    end loop;
    return v_least;
end
$$;

select ok(bool_and(queue.enqueue('few', 'k') > 0), 'jobs of one priority') from generate_series(1, 1200);
select ok(bool_and(queue.enqueue('many', 'k', priority => p) > 0), 'jobs of ten priorities')
from generate_series(1, 1200), generate_series(1, 10) as p;
select cmp_ok((select count(*) from queue_internal.lane where queue = 'many'), '>=',
    10 * (select count(*) - 1 from queue_internal.lane where queue = 'few'), 'make ten times as many lanes');

do $$
begin
    for v_round in 1 .. 80 loop
        perform queue.complete(c.job_id, c.lease_token) from queue.claim_batch('few', 'w', 200) as c;
        perform queue.complete(c.job_id, c.lease_token) from queue.claim_batch('many', 'w', 200) as c;
    end loop;
end
$$;
select is((select count(*) from queue.job where state <> 'succeeded'), 0::bigint, 'all are done');

create temp table cost as select pg_temp.buffers('few') as few, pg_temp.buffers('many') as many;
select cmp_ok(many, '<=', 2 * few, 'an idle claim reads as much of the one as of the other') from cost;

select ok(queue.enqueue('many', 'k', priority => 7) > 0, 'a job more');
select is((select count(*) from queue.claim_batch('many', 'w')), 1::bigint, 'is found all the same');
select * from finish();
