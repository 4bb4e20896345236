-- Hazard 15: a claim does not look at every lane of its queue again and again, whether it finds something or not.
\ir ../support/common.sql
\ir ../support/buffers.sql
select plan(10);

-- What a claim reads; the least of some, because one in ten looks more closely.
create function pg_temp.claim_reads(queue text) returns bigint volatile language sql as $$
    select pg_temp.buffers(format('select * from queue.claim_batch(%L, ''w'')', queue), 16) $$;

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

-- A priority costs its bell and its record, some 5 buffers; to look at its lanes costs 70.
create temp table cost as select pg_temp.claim_reads('few') as few, pg_temp.claim_reads('many') as many;
select cmp_ok(many, '<=', few + 9 * 10, 'an idle claim does not look at the lanes of priorities that have nothing') from cost;

select ok(bool_and(queue.enqueue('few', 'k') > 0 and queue.enqueue('many', 'k', priority => 7) > 0), 'some jobs more')
from generate_series(1, 40);
select is((select count(*) from queue.claim_batch('many', 'w', 5)), 5::bigint, 'are found all the same');

-- To find which priorities to look at costs as little. The looks themselves are not compared so closely: beside transactions
-- that began before the jobs did, in another database too, lanes that have jobs cost up to 160 more, and the two queues
-- are not measured at the same moment.
drop table cost;
create temp table cost as select pg_temp.claim_reads('few') as few, pg_temp.claim_reads('many') as many,
    pg_temp.buffers('select queue_internal.open_queue(''few'', null, null)', 16) as few_opened,
    pg_temp.buffers('select queue_internal.open_queue(''many'', null, null)', 16) as many_opened;
select cmp_ok(many_opened, '<=', few_opened + 9 * 10, 'what has jobs is found without a look at the lanes') from cost;
select cmp_ok(many, '<=', few + 9 * 30, 'nor does a claim look at the others, that finds some') from cost;

-- One that ended meanwhile calls for one more look at all that were recorded beside it.
create function pg_temp.looked_at() returns smallint[] volatile language plpgsql as $$
declare
    v_least smallint[];
    v_open smallint[];
begin
    for v_try in 1 .. 50 loop
        perform queue.claim_batch('many', 'w', 1, interval '1 second');
        v_open := (queue_internal.open_queue('many', null, null)).priorities;
        v_least := case when cardinality(v_open) >= cardinality(v_least) then v_least else v_open end;
        exit when cardinality(v_least) = 1;
    end loop;
    return v_least;
end
$$;
select queue.enqueue_batch('many', 'k', array_fill('1'::jsonb, array[60]), priority => 7) \g /dev/null
select is(pg_temp.looked_at(), '{7}'::smallint[], 'only the priority that has jobs is looked at');
select * from finish();
