-- queue.fail: what is kept of a failure, retried or dead, every verdict, what it refuses.
\ir ../support/common.sql
select plan(33);

select queue.enqueue('q', 'k', '{"n": 1}', headers => '{"h": 1}', group_key => 'g') as id \gset
select job, token from pg_temp.take('q') \gset
select is(queue.fail(:job, :token, 'TIMEOUT', 'no answer', retry_in => '0'), 'ok', 'fail settles the attempt');
select results_eq(format('select attempt, outcome, error_code, error_message, worker from queue.attempt where job_id = %s', :id),
    $$ values (1, 'failed', 'TIMEOUT', 'no answer', 'w') $$, 'its row has the code and the message');
select is(pg_temp.state(:id), 'ready', 'with retry_in 0 the job is ready at once');
select is((select attempt from queue.get_job(:id)), 1, 'one attempt was charged');
select results_eq($$ select attempt, payload, headers, group_key from queue.claim_batch('q', 'w2') $$,
    $$ values (2, '{"n": 1}'::jsonb, '{"h": 1}'::jsonb, 'g') $$, 'it is handed out again, whole, as the second attempt');
select is(queue.fail(:job, :token, 'E'), 'stale', 'the first attempt''s token is stale now');
select is(queue.complete(:job, :token), 'stale', 'for complete too');
select is(pg_temp.state(:id), 'running', 'and the second attempt runs on');

select queue.enqueue('later', 'k') as id \gset
select job, token from pg_temp.take('later') \gset
select queue.fail(:job, :token, 'E', retry_in => '1 hour') \g /dev/null
select is(pg_temp.state(:id), 'retrying', 'a job that waits for its next attempt is retrying');
select ok(pg_temp.wait_of(:id) between 3590 and 3600, 'retry_in is exact: no jitter');
select is_empty($$ select * from queue.claim_batch('later', 'w') $$, 'it is not handed out before');

-- Permanent
select queue.enqueue('gone', 'k') as id \gset
select job, token from pg_temp.take('gone') \gset
select is(queue.fail(:job, :token, 'E', 'hopeless', permanent => true), 'ok', 'a permanent failure is ok as a verdict');
select results_eq(format('select queue, kind, reason_code, error_code, error_message, attempts from queue.dead_letter '
        'where job_id = %s', :id),
    $$ values ('gone', 'k', 'NON_RETRYABLE', 'E', 'hopeless', 1) $$, 'the job is dead: NON_RETRYABLE');
select is(pg_temp.state(:id), 'dead', 'its state is dead');
select queue.enqueue('gone', 'k') as id \gset
select job, token from pg_temp.take('gone') \gset
select queue.fail(:job, :token, 'E', retry_in => '0', permanent => true) \g /dev/null
select is(pg_temp.state(:id), 'dead', 'permanent wins over retry_in');
select queue.enqueue('gone', 'k') as id \gset
select job, token from pg_temp.take('gone') \gset
select queue.fail(:job, :token, 'E', permanent => null) \g /dev/null
select is(pg_temp.state(:id), 'retrying', 'permanent null is false');

-- What is kept of odd texts
select queue.enqueue('texts', 'k') as id \gset
select job, token from pg_temp.take('texts') \gset
select queue.fail(:job, :token, null, null) \g /dev/null
select results_eq(format('select error_code, error_message from queue.attempt where job_id = %s', :id),
    $$ values ('UNKNOWN', null::text) $$, 'a null code becomes UNKNOWN; a null message stays null');
select queue.enqueue('texts', 'k') as id \gset
select job, token from pg_temp.take('texts') \gset
select queue.fail(:job, :token, repeat('ü', 201), repeat('m', 1000000)) \g /dev/null
select results_eq(format('select length(error_code), length(error_message) from queue.attempt where job_id = %s', :id),
    $$ values (200, 10000) $$, 'a code is kept to 200 characters, a message to 10,000');
select queue.enqueue('texts', 'k') as id \gset
select job, token from pg_temp.take('texts') \gset
select queue.fail(:job, :token, '') \g /dev/null
select is((select error_code from queue.attempt where job_id = :id), '', 'an empty code is kept as it is');

-- Verdicts
select queue.enqueue('verdict', 'k') as id \gset
select job, token from pg_temp.take('verdict') \gset
select is(queue.fail(:job, :token + 1, 'E'), 'stale', 'a wrong token is stale');
select is(queue.fail(:job, null, 'E'), 'stale', 'a null token is stale');
select is(queue.fail(9999999, :token, 'E'), 'missing', 'an unknown job is missing');
select is(queue.fail(null, null, 'E'), 'missing', 'a null job is missing');
select queue.cancel(:id) \g /dev/null
select is(queue.fail(:job, :token, 'E'), 'canceled', 'a canceled job answers canceled');
select is(pg_temp.state(:id), 'canceled', 'and stays canceled');

-- Refusals
select queue.enqueue('bad', 'k') as id \gset
select job, token from pg_temp.take('bad') \gset
select is(pg_temp.refusal(format('select queue.fail(%s, %s, %L, retry_in => %L)', :job, :token, 'E', '-1 second')),
    '22023 | retry_in -00:00:01 is out of range | use 00:00:00 to 10 years', 'a negative retry_in is refused');
select is(pg_temp.refusal(format('select queue.fail(%s, %s, %L, retry_in => %L)', :job, :token, 'E', '11 years')),
    '22023 | retry_in 11 years is out of range | use 00:00:00 to 10 years', 'a retry_in of eleven years is refused');
select is(pg_temp.state(:id), 'running', 'a refused call settles nothing');
select is(queue.fail(:job, :token, 'E', retry_in => '10 years'), 'ok', 'a retry_in of ten years is good');

-- The last attempt
select queue.enqueue('last', 'k', max_attempts => 2) as id \gset
select job, token from pg_temp.take('last') \gset
select queue.fail(:job, :token, 'FIRST', 'one', retry_in => '0') \g /dev/null
select job, token from pg_temp.take('last') \gset
select queue.fail(:job, :token, 'SECOND', 'two', retry_in => '0') \g /dev/null
select results_eq(format('select reason_code, error_code, error_message, attempts from queue.dead_letter where job_id = %s', :id),
    $$ values ('MAX_ATTEMPTS_EXCEEDED', 'SECOND', 'two', 2) $$, 'after the last attempt the job is dead, with the last error');
select is(pg_temp.story(:id), '1 failed, 2 failed', 'both attempts have their row');
select ok((select dead_at between now() - interval '1 minute' and clock_timestamp() from queue.dead_letter where job_id = :id),
    'dead_at is the time of the failure');
select is_empty($$ select * from queue.claim_batch('last', 'w') $$, 'a dead job is not handed out');

select * from finish();
