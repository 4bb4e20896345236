-- explain suggests what to do about the last error, by its code.
\ir ../support/common.sql
select plan(12);

-- The hint for a job that fails with a code; dead, or waiting for its next attempt.
create function pg_temp.hint_for(code text, is_dead boolean) returns text language plpgsql as $$
declare
    v record;
begin
    perform queue.enqueue(coalesce(code, 'null'), 'k');
    select * into v from pg_temp.take(coalesce(code, 'null'));
    perform queue.fail(v.job, v.token, code, 'oh', retry_in => '1 hour', permanent => is_dead);
    return (select replace(e.hint, v.job::text, 'N') from queue.explain(v.job) as e);
end
$$;

select is(pg_temp.hint_for('BAD_PAYLOAD', true),
    'correct the producer; this payload never will succeed: enqueue a corrected one; then select queue.retry(N)',
    'a dead job''s hint begins with what its error code wants');
select is(pg_temp.hint_for('UNKNOWN_JOB_TYPE', true),
    'deploy a worker that has a handler for this kind; then select queue.retry(N)', 'another code, another hint');
select is(pg_temp.hint_for('DEPENDENCY_DOWN', false),
    'wait until what it depends on is up: retries go on meanwhile; select queue.retry(N) makes it ready now', 'so does that of a job that is retried');
select is((select count(distinct pg_temp.hint_for(c, true)) from unnest(array['TIMEOUT', 'RATE_LIMIT', 'DB_DEADLOCK', 'BAD_OUTCOME',
    'EXEC_FAILED', 'HANDLER_ERROR', 'HTTP_404', 'HTTP_503', 'SIGNAL_9']) as c), 9::bigint, 'each code has its own');
select is(pg_temp.hint_for('SERIALIZATION', true), pg_temp.hint_for('DB_DEADLOCK', true), 'but those that are the same matter');
select is(pg_temp.hint_for('EXIT_3', true), pg_temp.hint_for('HANDLER_ERROR', true), 'codes with numbers are known by their beginning');
select is(pg_temp.hint_for('MY_OWN', true), 'look for the code in the handler that gave it; then select queue.retry(N)', 'a code of one''s own');
select is(pg_temp.hint_for(null, true), pg_temp.hint_for('UNKNOWN', true), 'no code is UNKNOWN');

select queue.enqueue('lost', 'k', max_attempts => 1) as job \gset
select count(*) as x from queue.claim_batch('lost', 'w', lease => '100 milliseconds') \gset
select pg_sleep(0.2) \g /dev/null
select queue.maintain() \g /dev/null
select alike((select hint from queue.explain(:job)), 'look for what ended its workers%', 'a lost worker');
select queue.enqueue('told', 'k') as job \gset
select job as taken, token from pg_temp.take('told') \gset
select queue.fail(:taken, :token, 'TIMEOUT', 'too slow', retry_in => '1 hour') \g /dev/null
select alike((select detail from queue.explain(:job)), 'due at %: TIMEOUT: too slow', 'the detail of a job that is retried tells its last error');
select queue.enqueue('later', 'k', run_at => now() + interval '1 hour') as later \gset
select is((select hint from queue.explain(:later)), format('select queue.retry(%s) makes it ready now', :later), 'a job that never failed has no such hint');
select unalike((select detail from queue.explain(:later)), '%:%: %', 'nor such a detail');

select * from finish();
