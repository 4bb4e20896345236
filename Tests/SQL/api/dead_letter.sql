-- Permanent codes, the budget of crashes, and what the dead letter keeps of the end.
\ir ../support/common.sql
select plan(23);

-- Codes that are permanent
select queue.enqueue('q', 'k') as id \gset
select job, token from pg_temp.take('q') \gset
select queue.fail(:job, :token, 'BAD_PAYLOAD', 'no address') \g /dev/null
select results_eq(format('select reason_code, error_code, error_message, attempts from queue.dead_letter where job_id = %s', :id),
    $$ values ('NON_RETRYABLE', 'BAD_PAYLOAD', 'no address', 1) $$, 'BAD_PAYLOAD is permanent by default');
select queue.enqueue('q', 'k') as id \gset
select job, token from pg_temp.take('q') \gset
select queue.fail(:job, :token, 'UNKNOWN_JOB_TYPE', retry_in => '0') \g /dev/null
select is((select reason_code from queue.dead_letter where job_id = :id), 'NON_RETRYABLE',
    'UNKNOWN_JOB_TYPE too, whatever retry_in says');
create temp table codes as
select code, queue.enqueue('retryable', 'k') as id
from unnest(array['TIMEOUT', 'DEPENDENCY_DOWN', 'RATE_LIMIT', 'DB_DEADLOCK', 'SERIALIZATION', 'bad_payload', 'WHATEVER']) as code;
select queue.fail(c.job_id, c.lease_token, k.code)
from queue.claim_batch('retryable', 'w', 10) as c join codes as k on k.id = c.job_id \g /dev/null
select is((select array_agg(distinct pg_temp.state(id)) from codes), array['retrying'], 'any other code is retried');

select queue.create_queue('own', '{"permanent_codes": ["GONE", "é"]}') \g /dev/null
create function pg_temp.end_with(code text) returns text volatile language plpgsql as $$
declare
    v_job bigint := queue.enqueue('own', 'k');
    v_claim queue.claimed_job;
begin
    select * into v_claim from queue.claim_batch('own', 'w') as c;
    perform queue.fail(v_claim.job_id, v_claim.lease_token, code);
    return pg_temp.state(v_job);
end
$$;
select is(pg_temp.end_with('GONE') || ' ' || pg_temp.end_with('é'), 'dead dead', 'a queue''s own permanent codes are permanent');
select is(pg_temp.end_with('BAD_PAYLOAD'), 'retrying', 'they take the place of the defaults');
select queue.configure_queue('own', '{"permanent_codes": []}') \g /dev/null
select is(pg_temp.end_with('GONE'), 'retrying', 'and may be none');

-- The worker is lost on the last attempt
select queue.create_queue('lost', '{"backoff_base": "0", "max_lost": 2}') \g /dev/null
select queue.enqueue('lost', 'k', max_attempts => 1) as id \gset
select count(*) from queue.claim_batch('lost', 'crasher', lease => '100 milliseconds') \g /dev/null
select pg_sleep(0.2) \g /dev/null
select queue.maintain() \g /dev/null
select results_eq(format('select reason_code, error_code, error_message, attempts from queue.dead_letter where job_id = %s', :id),
    $$ values ('WORKER_LOST', 'WORKER_LOST', 'lease of worker ''crasher'' expired', 1) $$,
    'a lease that ends on the last attempt: WORKER_LOST');
select is(pg_temp.state(:id), 'dead', 'and dead');

-- The crash budget is less than the attempts
select queue.enqueue('lost', 'k', max_attempts => 100) as id \gset
select count(*) from queue.claim_batch('lost', 'w1', lease => '100 milliseconds') \g /dev/null
select pg_sleep(0.2) \g /dev/null
select queue.maintain() \g /dev/null
select is(pg_temp.state(:id), 'ready', 'the first crash is forgiven');
select count(*) from queue.claim_batch('lost', 'w2', lease => '100 milliseconds') \g /dev/null
select pg_sleep(0.2) \g /dev/null
select queue.maintain() \g /dev/null
select results_eq(format('select reason_code, attempts from queue.dead_letter where job_id = %s', :id),
    $$ values ('WORKER_LOST', 2) $$, 'the second is not: max_lost is 2');
select is(pg_temp.story(:id), '1 lost, 2 lost', 'each crash has its row');

-- Crashes count, failures between them do not
select queue.enqueue('lost', 'k') as id \gset
select count(*) from queue.claim_batch('lost', 'w1', lease => '100 milliseconds') \g /dev/null
select pg_sleep(0.2) \g /dev/null
select queue.maintain() \g /dev/null
select job, token from pg_temp.take('lost') \gset
select queue.fail(:job, :token, 'E') \g /dev/null
select is(pg_temp.state(:id), 'ready', 'a failure after a crash is retried');
select count(*) from queue.claim_batch('lost', 'w1', lease => '100 milliseconds') \g /dev/null
select pg_sleep(0.2) \g /dev/null
select queue.maintain() \g /dev/null
select is(pg_temp.story(:id) || ' ' || pg_temp.state(:id), '1 lost, 2 failed, 3 lost dead', 'the second crash ends it');

-- By default ten crashes
select is((select max_lost from queue_internal.queue where name = ''), 10::smallint, 'the default budget is ten crashes');

-- A paused, unserved queue keeps its dead letters apart
select is((select count(*) from queue.dead_letter where queue = 'lost'), 3::bigint, 'dead letters tell their queue');
select is((select kind from queue.dead_letter where job_id = :id), 'k', 'and their kind');

-- The last error is that of the last attempt
select queue.enqueue('errors', 'k', max_attempts => 3) as id \gset
select job, token from pg_temp.take('errors') \gset
select queue.fail(:job, :token, 'A', 'a', retry_in => '0') \g /dev/null
select job, token from pg_temp.take('errors') \gset
select queue.fail(:job, :token, 'B', 'b', retry_in => '0') \g /dev/null
select job, token from pg_temp.take('errors') \gset
select queue.fail(:job, :token, 'C', null) \g /dev/null
select results_eq(format('select reason_code, error_code, error_message, attempts from queue.dead_letter where job_id = %s', :id),
    $$ values ('MAX_ATTEMPTS_EXCEEDED', 'C', null::text, 3) $$, 'the last error is kept');
select results_eq(format('select attempt, error_code, error_message from queue.attempt where job_id = %s order by attempt', :id),
    $$ values (1, 'A', 'a'), (2, 'B', 'b'), (3, 'C', null) $$, 'and so is each one before');

-- A permanent code on the last attempt
select queue.enqueue('both', 'k', max_attempts => 1) as id \gset
select job, token from pg_temp.take('both') \gset
select queue.fail(:job, :token, 'BAD_PAYLOAD') \g /dev/null
select is((select reason_code from queue.dead_letter where job_id = :id), 'NON_RETRYABLE',
    'a permanent code on the last attempt is NON_RETRYABLE');

-- In a transaction that rolls back
select queue.enqueue('undone', 'k', max_attempts => 1) as id \gset
select job, token from pg_temp.take('undone') \gset
begin;
select queue.fail(:job, :token, 'E') as verdict \gset
rollback;
select is_empty(format('select * from queue.dead_letter where job_id = %s', :id), 'a rollback undoes the end');
select is(queue.fail(:job, :token, 'E'), 'ok', 'and the attempt can be settled after all');
select is((select count(*) from queue.dead_letter where job_id = :id), 1::bigint, 'once');

-- A reaper that met an error here would meet it again at every maintain()
select queue.enqueue('twice', 'k') as job \gset
select lease_token as token from queue.claim_batch('twice', 'w') \gset
insert into queue_internal.dead_letter (job_id, queue, kind, reason_code, error_code, error_message, dead_at, attempts, slot)
values (:job, 'twice', 'k', 'NON_RETRYABLE', 'FIRST', 'm', now(), 1, 0);
select is(queue.fail(:job, :token, 'SECOND', permanent => true)::text || ' '
    || (select error_code from queue.dead_letter where job_id = :job), 'ok FIRST', 'a job that is dead already stays so');

select * from finish();
