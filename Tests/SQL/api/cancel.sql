-- queue.cancel: from any state before the end, and what the worker is told.
\ir ../support/common.sql
select plan(25);

select queue.enqueue('q', 'k') as id \gset
select is(queue.cancel(:id), 'canceled', 'a ready job is canceled');
select is(pg_temp.state(:id), 'canceled', 'its state says so');
select is_empty($$ select * from queue.claim_batch('q', 'w', 10) $$, 'it is not handed out');
select is(queue.cancel(:id), 'canceled', 'a second time answers the same');
select is_empty(format('select * from queue.attempt where job_id = %s', :id), 'a job that never ran has no attempt');

select queue.enqueue('q', 'k') as before \gset
select queue.enqueue('q', 'k') as id \gset
select queue.enqueue('q', 'k') as after \gset
select queue.cancel(:id) \g /dev/null
select results_eq($$ select job_id from queue.claim_batch('q', 'w', 10) order by job_id $$,
    array[:before, :after]::bigint[], 'the jobs beside it are handed out');

select queue.enqueue('later', 'k', run_at => clock_timestamp() + interval '200 milliseconds') as id \gset
select is(queue.cancel(:id), 'canceled', 'a scheduled job is canceled');
select pg_sleep(0.4) \g /dev/null
select queue.maintain() \g /dev/null
select is_empty($$ select * from queue.claim_batch('later', 'w', 10) $$, 'and not handed out when it is due');
select is(pg_temp.state(:id), 'canceled', 'it stays canceled');

select queue.enqueue('retry', 'k') as id \gset
select job, token from pg_temp.take('retry') \gset
select queue.fail(:job, :token, 'E', retry_in => '1 hour') \g /dev/null
select is(queue.cancel(:id), 'canceled', 'a retrying job is canceled');
select is(pg_temp.story(:id), '1 failed', 'its history stays');

select queue.enqueue('run', 'k') as id \gset
select job, token from pg_temp.take('run') \gset
select is(queue.cancel(:id), 'canceled', 'a running job is canceled');
select is(pg_temp.story(:id), '1 canceled', 'its attempt is closed as canceled');
select is((select verdict from queue.heartbeat(array[:job], array[:token])), 'canceled', 'the worker learns it by heartbeat');
select is((select verdict from queue.complete_batch(array[:job], array[:token])), 'canceled', 'or by settling in a batch');
select is((select verdict from queue.fail_batch(jsonb_build_array(jsonb_build_object('job_id', :job, 'lease_token', :token)))),
    'canceled', 'or by failing in one');

-- Jobs that have ended
select queue.enqueue('end', 'k') as id \gset
select job, token from pg_temp.take('end') \gset
select queue.complete(:job, :token, '1') \g /dev/null
select is(queue.cancel(:id), 'succeeded', 'a succeeded job stays succeeded');
select is((pg_temp.job(:id)).result, '1', 'with its result');
select queue.enqueue('end', 'k', max_attempts => 1) as id \gset
select job, token from pg_temp.take('end') \gset
select queue.fail(:job, :token, 'E') \g /dev/null
select is(queue.cancel(:id), 'dead', 'a dead job stays dead');
select queue.enqueue('end', 'k') as id \gset
select job, token from pg_temp.take('end') \gset
select queue.skip(:job, :token, 'r') \g /dev/null
select is(queue.cancel(:id), 'skipped', 'a skipped job stays skipped');

-- A job whose lease ran out
select queue.enqueue('lost', 'k') as id \gset
select count(*) from queue.claim_batch('lost', 'w', lease => '100 milliseconds') \g /dev/null
select pg_sleep(0.2) \g /dev/null
select is(queue.cancel(:id), 'canceled', 'a job whose worker is lost is canceled');
select queue.maintain() \g /dev/null
select is(pg_temp.story(:id), '1 canceled', 'and not reaped after that');

select is(pg_temp.refusal('select queue.cancel(9999999)'),
    '42704 | job 9999999 does not exist | it may have been pruned: see the queue''s retention_finished',
    'an unknown job is refused');
select is(pg_temp.refusal('select queue.cancel(null)'),
    '42704 | job null does not exist | it may have been pruned: see the queue''s retention_finished', 'and so is null');

select queue.enqueue('undone', 'k') as id \gset
begin;
select queue.cancel(:id) as state \gset
rollback;
select is((select job_id from queue.claim_batch('undone', 'w')), :id::bigint, 'a cancel that rolls back never was');

select * from finish();
