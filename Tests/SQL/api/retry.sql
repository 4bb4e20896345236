-- queue.retry: a job that has ended, or that waits, runs now.
\ir ../support/common.sql
select plan(29);

select queue.enqueue('dead', 'k', '{"n": 1}', max_attempts => 1, headers => '{"h": 1}') as id \gset
select job, token from pg_temp.take('dead') \gset
select queue.fail(:job, :token, 'E') \g /dev/null
select is(queue.retry(:id), 'ready', 'a dead job is ready again');
select is(pg_temp.state(:id), 'ready', 'its state says so');
select is_empty(format('select * from queue.dead_letter where job_id = %s', :id), 'it is no dead letter any more');
select is((pg_temp.job(:id)).max_attempts, 2, 'without attempts left it gets one more');
select results_eq($$ select job_id, attempt, max_attempts, payload, headers from queue.claim_batch('dead', 'w') $$,
    format($$ values (%s::bigint, 2, 2, '{"n": 1}'::jsonb, '{"h": 1}'::jsonb) $$, :id), 'it is handed out, whole');
select is(queue.fail(:job, :token, 'E'), 'stale', 'the old token stays stale');
select is(queue.retry(:id), 'running', 'a running job is left alone');
select lease_token as token from (select (queue_internal.standing(:id)).claim) as s
    cross join lateral (select (s.claim).token as lease_token) as t \gset
select queue.fail(:id, :token, 'E2') \g /dev/null
select results_eq(format('select reason_code, attempts, error_code from queue.dead_letter where job_id = %s', :id),
    $$ values ('MAX_ATTEMPTS_EXCEEDED', 2, 'E2') $$, 'when that fails too it is dead again');

select queue.enqueue('more', 'k', max_attempts => 5) as id \gset
select job, token from pg_temp.take('more') \gset
select queue.fail(:job, :token, 'E', permanent => true) \g /dev/null
select queue.retry(:id) \g /dev/null
select is((pg_temp.job(:id)).max_attempts, 5, 'a job with attempts left keeps its max_attempts');
select is((select attempt from queue.claim_batch('more', 'w')), 2, 'and goes on counting');

select queue.enqueue('later', 'k', run_at => now() + interval '1 hour') as id \gset
select is(queue.retry(:id), 'ready', 'a scheduled job runs now');
select is((select attempt from queue.claim_batch('later', 'w', 5)), 1, 'as its first attempt');
select is_empty($$ select * from queue.claim_batch('later', 'w', 5) $$, 'once');

select queue.enqueue('wait', 'k') as id \gset
select job, token from pg_temp.take('wait') \gset
select queue.fail(:job, :token, 'E', retry_in => '200 milliseconds') \g /dev/null
select is(queue.retry(:id), 'ready', 'a retrying job runs now');
select is((select count(*) from queue.claim_batch('wait', 'w', 5)), 1::bigint, 'it is handed out');
select pg_sleep(0.4) \g /dev/null
select queue.maintain() \g /dev/null
select is_empty($$ select * from queue.claim_batch('wait', 'w', 5) $$, 'and not again when its wait would have ended');

select queue.enqueue('cancel', 'k') as id \gset
select queue.cancel(:id) \g /dev/null
select is(queue.retry(:id), 'ready', 'a canceled job is ready again');
select is((select array_agg(attempt) from queue.claim_batch('cancel', 'w', 5)), array[1], 'it is handed out once, as its first attempt');

select queue.enqueue('cancel2', 'k') as id \gset
select job, token from pg_temp.take('cancel2') \gset
select queue.cancel(:id) \g /dev/null
select is(queue.retry(:id), 'ready', 'also one that was running');
select is(queue.complete(:job, :token), 'canceled', 'whose worker still learns that it was canceled');
select is((select array_agg(attempt) from queue.claim_batch('cancel2', 'w', 5)), array[2], 'it is handed out as the next attempt');

select queue.enqueue('skip', 'k') as id \gset
select job, token from pg_temp.take('skip') \gset
select queue.skip(:job, :token, 'r') \g /dev/null
select is(queue.retry(:id), 'ready', 'a skipped job is ready again');
select is((select count(*) from queue.claim_batch('skip', 'w', 5)), 1::bigint, 'and handed out');

select queue.enqueue('ready', 'k') as id \gset
select is(queue.retry(:id), 'ready', 'a ready job is left alone');
select is((select count(*) from queue.claim_batch('ready', 'w', 5)), 1::bigint, 'and handed out once');

select queue.enqueue('done', 'k') as id \gset
select job, token from pg_temp.take('done') \gset
select queue.complete(:job, :token) \g /dev/null
select is(pg_temp.refusal(format('select queue.retry(%s)', :id)),
    format('55000 | job %s has succeeded | queue.replay() runs it again as a new job', :id), 'a succeeded job is refused');
select is(pg_temp.refusal('select queue.retry(9999999)'),
    '42704 | job 9999999 does not exist | it may have been pruned: see the queue''s retention_finished', 'an unknown job too');
select is(pg_temp.refusal('select queue.retry(null)'),
    '42704 | job null does not exist | it may have been pruned: see the queue''s retention_finished', 'and null');

select queue.enqueue('key', 'k', unique_key => 'u', max_attempts => 1) as id \gset
select job, token from pg_temp.take('key') \gset
select queue.fail(:job, :token, 'E') \g /dev/null
select queue.retry(:id) \g /dev/null
select is(queue.enqueue('key', 'k', unique_key => 'u'), :id::bigint, 'a job that runs again holds its unique key again');

select * from finish();
