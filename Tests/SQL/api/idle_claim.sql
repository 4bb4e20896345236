-- Hazard 15: a claim does not look at every lane of its queue again and again, whether it finds something or not.
\ir ../support/common.sql
\ir ../support/buffers.sql
select plan(8);

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

-- A priority costs its bell and its record, some 5 buffers; to look at its lanes costs 70. Between the two, because lanes that
-- have jobs cost up to 160 more beside transactions that began before the jobs did, in another database too: the two
-- queues are not measured at the same moment.
create temp table cost as select pg_temp.claim_reads('few') as few, pg_temp.claim_reads('many') as many;
select cmp_ok(many, '<=', few + 9 * 30, 'an idle claim does not look at the lanes of priorities that have nothing') from cost;

select ok(bool_and(queue.enqueue('few', 'k') > 0 and queue.enqueue('many', 'k', priority => 7) > 0), 'some jobs more')
from generate_series(1, 40);
select is((select count(*) from queue.claim_batch('many', 'w', 5)), 5::bigint, 'are found all the same');
drop table cost;
create temp table cost as select pg_temp.claim_reads('few') as few, pg_temp.claim_reads('many') as many;
select cmp_ok(many, '<=', few + 9 * 30, 'nor does one that finds them') from cost;
select * from finish();
