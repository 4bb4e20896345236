-- Leases: how long, what happens when one ends, and who gets to say so.
\ir ../support/common.sql
select plan(30);

select queue.create_queue('q', '{"lease": "10 minutes", "backoff_base": "0", "max_attempts": 3}') \g /dev/null
select queue.enqueue('q', 'k') \g /dev/null
select ok((select leased_until - clock_timestamp() between '590 seconds' and '600 seconds' from queue.claim_batch('q', 'w')),
    'without lease it is the queue''s');
select queue.enqueue('q', 'k') \g /dev/null
select ok((select leased_until - clock_timestamp() between '3 seconds' and '5 seconds'
    from queue.claim_batch('q', 'w', lease => '5 seconds')), 'lease says how long');

-- Reaped by a claim
select queue.create_queue('claim', '{"backoff_base": "0"}') \g /dev/null
select queue.enqueue('claim', 'k', '{"n": 1}', headers => '{"h": 1}') as id \gset
select job_id as job, lease_token as token from queue.claim_batch('claim', 'w1', lease => '1 second') \gset
select is_empty($$ select * from queue.claim_batch('claim', 'w2') $$, 'a job under a lease is nobody else''s');
select pg_sleep(1.1) \g /dev/null
select is(pg_temp.state(:id), 'running', 'a lease that has run out is not lost before somebody looks');
select results_eq($$ select job_id, attempt, payload, headers from queue.claim_batch('claim', 'w2') $$,
    format($$ values (%s::bigint, 2, '{"n": 1}'::jsonb, '{"h": 1}'::jsonb) $$, :id),
    'the next claim reaps it and hands it out, charged');
select results_eq(format('select attempt, outcome, error_code, error_message, worker from queue.attempt where job_id = %s', :id),
    $$ values (1, 'lost', 'WORKER_LOST', 'lease of worker ''w1'' expired', 'w1') $$, 'the lost attempt has its row');
select ok((select claimed_at < finished_at from queue.attempt where job_id = :id), 'with both its times');
select is(queue.complete(:job, :token), 'stale', 'the lost worker''s complete is stale');
select is(queue.fail(:job, :token, 'E'), 'stale', 'its fail too');
select is(queue.snooze(:job, :token, '1 s'), 'stale', 'its snooze too');
select is(queue.release(:job, :token), 'stale', 'its release too');
select is(queue.skip(:job, :token, 'r'), 'stale', 'its skip too');
select is((select verdict from queue.heartbeat(array[:job], array[:token])), 'stale', 'and its heartbeat');
select is(pg_temp.state(:id), 'running', 'none of which touches the second attempt');

-- Reaped by maintain()
select queue.create_queue('maintain', '{"backoff_base": "600 seconds", "backoff_jitter": 0}') \g /dev/null
select queue.enqueue('maintain', 'k') as id \gset
select count(*) from queue.claim_batch('maintain', 'w1', lease => '100 milliseconds') \g /dev/null
select pg_sleep(0.2) \g /dev/null
select queue.maintain() \g /dev/null
select is(pg_temp.state(:id), 'retrying', 'maintain() reaps as well');
select is(pg_temp.story(:id), '1 lost', 'the attempt was lost');
select ok(pg_temp.wait_of(:id) between 590 and 600, 'and the next one comes after the queue''s backoff');
select queue.maintain() \g /dev/null
select is(pg_temp.story(:id), '1 lost', 'a second look finds nothing more');

-- A lease that ran out, but whose job nobody has reaped, still settles
select queue.enqueue('late', 'k') as id \gset
select job_id as job, lease_token as token from queue.claim_batch('late', 'w', lease => '100 milliseconds') \gset
select pg_sleep(0.2) \g /dev/null
select is(queue.complete(:job, :token), 'ok', 'a late complete is ok as long as nobody reaped');
select queue.maintain() \g /dev/null
select is(pg_temp.state(:id), 'succeeded', 'and stays');

-- A batch of which some were settled
select queue.create_queue('part', '{"backoff_base": "0", "stripes": 1}') \g /dev/null
select queue.enqueue_batch('part', 'k', array_fill('{}'::jsonb, array[5])) \g /dev/null
create temp table part as select * from queue.claim_batch('part', 'w', 5, lease => '200 milliseconds');
select count(*) from (select queue.complete(job_id, lease_token) from part order by job_id limit 2) as c \g /dev/null
select pg_sleep(0.4) \g /dev/null
select is((select count(*) from queue.claim_batch('part', 'w2', 5)), 3::bigint, 'of a batch only what was not settled comes again');
select is((select string_agg(pg_temp.story(job_id), ' / ' order by job_id) from part),
    '1 succeeded / 1 succeeded / 1 lost / 1 lost / 1 lost', 'and only that was lost');

-- Heartbeats and the reaper
select queue.create_queue('beat', '{"backoff_base": "0"}') \g /dev/null
select queue.enqueue('beat', 'k') as id \gset
select job_id as job, lease_token as token from queue.claim_batch('beat', 'w', lease => '300 milliseconds') \gset
select is((select verdict from queue.heartbeat(array[:job], array[:token], '1 hour')), 'ok', 'a heartbeat in time');
select pg_sleep(0.5) \g /dev/null
select queue.maintain() \g /dev/null
select is_empty($$ select * from queue.claim_batch('beat', 'w2') $$, 'an extended lease is not reaped at its first end');
select is(queue.complete(:job, :token), 'ok', 'and its job can be settled');

-- A paused queue
select queue.create_queue('paused', '{"backoff_base": "1 hour"}') \g /dev/null
select queue.enqueue('paused', 'k') as id \gset
select count(*) from queue.claim_batch('paused', 'w', lease => '100 milliseconds') \g /dev/null
select queue.pause_queue('paused') \g /dev/null
select pg_sleep(0.2) \g /dev/null
select queue.maintain() \g /dev/null
select is(pg_temp.state(:id), 'retrying', 'leases of a paused queue are reaped too');
select is((select attempt from queue.get_job(:id)), 1, 'the lost attempt is charged');

-- Many lost at once: a claim reaps a bounded share, whether they were in one claim or in many.
select queue.create_queue('many', '{"lease": "1 hour", "backoff_base": "1 hour", "backoff_cap": "1 hour"}') \g /dev/null
select count(*) as x from queue.enqueue_batch('many', 'k', array_fill('1'::jsonb, array[300])) \gset
select count(*) as x from queue.claim_batch('many', 'w', 250) \gset
select count(*) as x from generate_series(1, 50) as n, lateral queue.claim_batch('many', 'w' || n) \gset
-- An hour later, without the wait
update queue_internal.claim set leased_until = clock_timestamp() where worker like 'w%' and leased_until > now() + interval '30 minutes';
update queue_internal.delivery set due_at = clock_timestamp() where queue = 'many' and lease_token is not null;
select is_empty($$ select * from queue.claim_batch('many', 'w', 10) $$, 'lost jobs wait for their retry');
select is((select count(*) from queue_internal.settled as a join queue_internal.claim as c on c.token = a.lease_token
    join queue_internal.lane as l on l.lane = c.lane where l.queue = 'many'), 100::bigint, 'one claim reaps a hundred');
select queue.maintain() is null as x from generate_series(1, 3) \g /dev/null
select is((select count(*) from queue.list_jobs('many', 'retrying', max_jobs => 500)), 300::bigint, 'maintain() all the others');

select * from finish();
