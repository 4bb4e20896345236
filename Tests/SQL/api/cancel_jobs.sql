-- queue.cancel_jobs: cancels what has not ended, by state and kind.
\ir ../support/common.sql
select plan(42);

create function pg_temp.states(queue_name text) returns text volatile language plpgsql as $$
begin
    return (select string_agg(s.state || ' ' || s.n, ', ' order by s.state)
        from (select j.state, count(*) as n from queue.list_jobs(queue_name, max_jobs => 500) as j group by 1) as s);
end
$$;
select queue.create_queue('q', '{"backoff_base": "1 hour", "backoff_cap": "1 hour"}');
select queue.enqueue('q', 'a', priority => n % 2, unique_key => 'u' || n) from generate_series(1, 8) as n \g /dev/null
select queue.enqueue('q', 'b') from generate_series(1, 3) \g /dev/null
select queue.enqueue('q', 'b', run_at => now() + interval '1 hour') from generate_series(1, 2) \g /dev/null
select queue.enqueue('other', 'a') is null as x \gset
select queue.fail(job_id, lease_token, 'E') from queue.claim_batch('q', 'w', 2) \g /dev/null
select queue.fail(job_id, lease_token, 'E', permanent => true) is null as x from queue.claim_batch('q', 'w') \gset
select queue.complete(job_id, lease_token) is null as x from queue.claim_batch('q', 'w') \gset
create temp table running as select * from queue.claim_batch('q', 'w', 2);
select is(pg_temp.states('q'), 'dead 1, ready 5, retrying 2, running 2, scheduled 2, succeeded 1', 'jobs in every state');

select is(queue.cancel_jobs('q', dry_run => true), 11::bigint, 'a dry run counts those that have not ended');
select is(queue.cancel_jobs('q', 'ready', dry_run => true), 5::bigint, 'ready ones');
select is(queue.cancel_jobs('q', 'scheduled', dry_run => true), 2::bigint, 'scheduled ones');
select is(queue.cancel_jobs('q', 'retrying', dry_run => true), 2::bigint, 'retrying ones');
select is(queue.cancel_jobs('q', 'running', dry_run => true), 2::bigint, 'running ones');
select is(queue.cancel_jobs('q', kind => 'b', dry_run => true), 5::bigint, 'those of a kind, in any state');
select is(queue.cancel_jobs('q', 'ready', 'a', dry_run => true), 2::bigint, 'of a state and a kind');
select is(queue.cancel_jobs('q', max_jobs => 4, dry_run => true), 4::bigint, 'at most max_jobs');
select is(pg_temp.states('q'), 'dead 1, ready 5, retrying 2, running 2, scheduled 2, succeeded 1', 'nothing has changed');

select is(queue.cancel_jobs('q', 'retrying'), 2::bigint, 'retrying jobs are canceled');
select is(pg_temp.states('q'), 'canceled 2, dead 1, ready 5, running 2, scheduled 2, succeeded 1', 'and no others');
select is(queue.cancel_jobs('q', 'ready', 'a', max_jobs => 1), 1::bigint, 'one ready job of a kind');
select is((select count(*) from queue.claim_batch('q', 'w2', 10, kinds => '{a}')), 1::bigint, 'the other is handed out');
select is(queue.cancel_jobs('q', 'scheduled'), 2::bigint, 'scheduled jobs');
select is(queue.cancel_jobs('q', 'running', 'a'), 3::bigint, 'running jobs');
select results_eq($$ select verdict from running as r cross join lateral queue.heartbeat(array[r.job_id], array[r.lease_token]) $$,
    $$ values ('canceled'::queue.verdict), ('canceled') $$, 'their workers are told by heartbeat');
select results_eq($$ select queue.complete(r.job_id, r.lease_token) from running as r $$,
    $$ values ('canceled'::queue.verdict), ('canceled') $$, 'and when they settle');
select is(queue.cancel_jobs('q'), 3::bigint, 'all the rest');
select is(pg_temp.states('q'), 'canceled 11, dead 1, succeeded 1', 'nothing is left');
select is(queue.cancel_jobs('q'), 0::bigint, 'a second time there is nothing to cancel');
select is_empty($$ select * from queue.claim_batch('q', 'w', 10) $$, 'nothing of it is handed out');
select is_empty($$ select * from queue_internal.unique_key $$, 'unique keys are given back');
select is(pg_temp.states('other'), 'ready 1', 'other queues are not touched');
select is_empty($$ select * from queue.verify() where not ok $$, 'what is stored fits together');

-- Parked and redelivered jobs, and those of this very transaction
select queue.enqueue('p', 'a') from generate_series(1, 3) \g /dev/null
select is_empty($$ select * from queue.claim_batch('p', 'w', 10, kinds => '{b}') $$, 'jobs that a worker passed over');
select queue.release(job_id, lease_token) is null as x from queue.claim_batch('p', 'w') \gset
begin;
select queue.enqueue('p', 'a') is null as x \gset
select is(queue.cancel_jobs('p', 'ready'), 4::bigint, 'released ones, and what the transaction itself has enqueued');
commit;
select is_empty($$ select * from queue.claim_batch('p', 'w', 10) $$, 'are canceled');

-- In bulk: what was canceled in front of a lane is read by nobody again. By what was read of the log's index, a call late in
-- the row does as much as an early one. Statements of their own, since what they read is known when they have ended.
select queue.create_queue('bulk', '{"stripes": 1}');
select count(*) as x from queue.enqueue_batch('bulk', 'k', array(select to_jsonb(n) from generate_series(1, 40000) as n)) \gset
create temp table bulk (call serial, canceled bigint, entries bigint);
select s.statement
from generate_series(0, 40) as n
cross join (values
    (1, 'insert into bulk (canceled) select queue.cancel_jobs(''bulk'', max_jobs => 1000) where pg_stat_force_next_flush() is not null'),
    (2, 'update bulk set entries = (select sum(s.idx_tup_read) from pg_stat_user_indexes as s
        where s.indexrelname like ''delivery\_%\_lane\_xid\_id\_idx'') where entries is null')) as s (place, statement)
order by n, s.place \gexec
select is(sum(canceled), 40000::numeric, '40,000 jobs are canceled in 40 calls') from bulk;
select cmp_ok(l.entries - k.entries, '<=', 2 * (f.entries - o.entries), 'of which the last ten read no more than others')
from bulk as o, bulk as f, bulk as k, bulk as l where (o.call, f.call, k.call, l.call) = (1, 11, 30, 40);
select cmp_ok(f.entries - o.entries, '>', 9999::bigint, 'which read each job once or more')
from bulk as o, bulk as f where (o.call, f.call) = (1, 11);
select is((select count(*) from queue_internal.void join queue_internal.lane as l using (lane) where l.queue = 'bulk'), 0::bigint,
    'they leave nothing to be passed over');
select queue.enqueue('bulk', 'k', '"live"') as live \gset
select is(reason || ': ' || detail, 'NO_WORKER: nobody has claimed from queue ''bulk'' ever', 'a cancel is no claim')
from queue.explain(:live);
select results_eq($$ select payload #>> '{}' from queue.claim_batch('bulk', 'w') $$, $$ values ('live') $$,
    'the next claim of one has the job that came after them');
select is(pg_temp.state(:live - 1), 'canceled', 'canceled ones are told to be');
select is(queue.retry(:live - 1), 'ready', 'and may be made ready');
select results_eq($$ select job_id from queue.claim_batch('bulk', 'w', 10) $$, format('values (%s::bigint)', :live - 1), 'each by itself');
select is_empty($$ select * from queue.verify() where not ok $$, 'what is stored fits together, again');

select is(pg_temp.refusal($$ select queue.cancel_jobs('nowhere') $$), '42704 | queue ''nowhere'' does not exist | '
    || 'create it by queue.create_queue or by enqueuing into it', 'an unknown queue is refused');
select is(pg_temp.refusal($$ select queue.cancel_jobs('q', 'dead') $$), '22023 | jobs in state ''dead'' cannot be canceled | '
    || 'use ready, scheduled, retrying, blocked, running, or none for all of them', 'so is a state in which jobs have ended');
select is(pg_temp.refusal($$ select queue.cancel_jobs('q', max_jobs => 0) $$),
    '22023 | max_jobs 0 is out of range | use 1 to 100000', 'and max_jobs out of range');
select is(pg_temp.refusal($$ select queue.cancel_jobs('q', max_jobs => null) $$),
    '22023 | max_jobs <NULL> is out of range | use 1 to 100000', 'or null');

select * from finish();
