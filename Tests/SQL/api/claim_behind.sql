-- queue.claim_batch finds a job behind many rows that it may not take, however few jobs it asks for: in a few calls, each
-- of which passes some thousands of them.
\ir ../support/common.sql
select plan(18);

-- How many claims, each a transaction of its own, it takes to get so many jobs; 20 when that was not enough.
create temp table got (call serial, payload text);
create procedure pg_temp.claim(queue_name text, kinds text[], max_jobs int default 1) language plpgsql as $$
begin
    truncate got restart identity;
    for v_call in 1 .. 20 loop
        insert into got (payload) select c.payload #>> '{}' from queue.claim_batch(queue_name, 'w', max_jobs, kinds => claim.kinds) as c;
        exit when found;
        perform nextval('got_call_seq');
        commit;
    end loop;
end
$$;
create function pg_temp.calls() returns int language sql as $$ select max(call) from got $$;

-- two stripes, of which each holds some rows that are older than the other's
select queue.create_queue('stripes', '{"stripes": 2}');
select queue.enqueue('stripes', 'x') from generate_series(1, 700) \g /dev/null
select queue.enqueue('stripes', 'y', '"y"') is null as x \gset
select results_eq($$ select payload #>> '{}' from queue.claim_batch('stripes', 'w', 2, kinds => '{y}') $$, $$ values ('y') $$,
    'a claim goes on over two stripes until neither has more');

-- jobs of another kind
select queue.create_queue('kinds', '{"stripes": 1}');
select count(*) as x from queue.enqueue_batch('kinds', 'x', array(select to_jsonb(n) from generate_series(1, 20000) as n)) \gset
select queue.enqueue('kinds', 'y', '"y"') as y \gset
select is_empty($$ select from queue.claim_batch('kinds', 'w', kinds => '{y}') $$, 'one call is not enough for 20,000');
select ok((select count(*) between 2000 and 6000 from queue_internal.delivery as d
    join queue_internal.lane as l using (lane) where l.queue = 'kinds' and l.purpose = 'parked'), 'it passes some thousands');
select is(reason, 'WAITING_TURN', 'the job behind them waits for its turn') from queue.explain(:y);
call pg_temp.claim('kinds', '{y}');
select results_eq('select payload from got', $$ values ('y') $$, 'a few calls find it');
select cmp_ok(pg_temp.calls(), '<=', 8, 'no more');
select is(reason, 'NO_WORKER_FOR_KIND', 'what was passed waits for a worker that knows it')
from queue.explain((select min(job_id) from queue.job where queue = 'kinds'));
select is((select string_agg(payload #>> '{}', ' ' order by job_id) from queue.claim_batch('kinds', 'w', 5)), '1 2 3 4 5',
    'and keeps its order');
select is((select count(*) from queue.claim_batch('kinds', 'w', 4096, kinds => '{x}')), 4096::bigint, 'whoever knows it gets it');

-- canceled ones, of which the lane's cursor could not move on
select queue.create_queue('voids', '{"stripes": 1}');
select queue.enqueue('voids', 'first', '"first"') is null as x \gset
select count(*) as x from queue.enqueue_batch('voids', 'x', array(select to_jsonb(n) from generate_series(1, 20000) as n)) \gset
select is(queue.cancel_jobs('voids', kind => 'x', max_jobs => 20000), 20000::bigint, '20,000 canceled jobs');
select queue.enqueue('voids', 'x', '"live"') is null as x \gset
call pg_temp.claim('voids', null);
select results_eq('select call, payload from got', $$ values (1, 'first') $$, 'what stands before them is handed out');
call pg_temp.claim('voids', null);
select results_eq('select payload from got', $$ values ('live') $$, 'a few claims find the one behind them');
select cmp_ok(pg_temp.calls(), '<=', 8, 'no more');
select is_empty($$ select from queue.claim_batch('voids', 'w', 10) $$, 'no canceled one is handed out');
select is_empty('select from queue_internal.void', 'and their rows are gone');

-- jobs of the same transaction
begin;
select count(*) as x from queue.enqueue_batch('own', 'x', array(select to_jsonb(n) from generate_series(1, 500) as n)) \gset
select queue.enqueue('own', 'y', '"y"') is null as x \gset
select results_eq($$ select payload #>> '{}' from queue.claim_batch('own', 'w', kinds => '{y}') $$, $$ values ('y') $$,
    'a job that its own transaction has enqueued behind others');
commit;
select is((select count(distinct job_id) from queue.claim_batch('own', 'w', 1000)), 500::bigint, 'which are handed out after it');
select is_empty('select * from queue.verify() where not ok', 'what is stored fits together');

select * from finish();
