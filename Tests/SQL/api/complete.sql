-- queue.complete: the end of a job, its attempt's row, every verdict.
\ir ../support/common.sql
select plan(21);

select queue.enqueue('q', 'k') as id \gset
select job, token from pg_temp.take('q') \gset
select is(queue.complete(:job, :token, '{"sum": 3}'), 'ok', 'complete settles the attempt');
select results_eq(format('select state, attempt, result from queue.get_job(%s)', :id),
    $$ values ('succeeded', 1, '{"sum": 3}'::jsonb) $$, 'the job has succeeded and keeps its result');
select results_eq(format('select attempt, outcome, error_code, error_message, worker from queue.attempt where job_id = %s', :id),
    $$ values (1, 'succeeded', null::text, null::text, 'w') $$, 'one row for the attempt');
select ok((select claimed_at <= finished_at and finished_at <= clock_timestamp() from queue.attempt where job_id = :id),
    'with both its times');
select is(queue.complete(:job, :token), 'stale', 'a second complete is stale');
select is((select result from queue.get_job(:id)), '{"sum": 3}', 'and changes nothing');
select is(queue.fail(:job, :token, 'E'), 'stale', 'fail after complete is stale');
select is(pg_temp.story(:id), '1 succeeded', 'nor does it leave a row');
select is_empty($$ select * from queue.claim_batch('q', 'w') $$, 'a completed job is not handed out again');

select queue.enqueue('q', 'k') as id \gset
select job, token from pg_temp.take('q') \gset
select is(queue.complete(:job, :token), 'ok', 'the result may be left out');
select is((select result from queue.get_job(:id)), null, 'then it is null');

-- Lost leases and wrong arguments are verdicts
select queue.enqueue('q', 'k') as id \gset
select job, token from pg_temp.take('q') \gset
select is(queue.complete(:job, :token + 1), 'stale', 'a wrong token is stale');
select is(queue.complete(:job, 0), 'stale', 'so is the token 0');
select is(queue.complete(:job, null), 'stale', 'and a null token');
select is(queue.complete(9999999, :token), 'missing', 'an unknown job is missing');
select is(queue.complete(null, :token), 'missing', 'so is a null job');
select is(queue.complete(-:job, :token), 'missing', 'and a negative one');
select is(pg_temp.state(:id), 'running', 'none of them touches the job');
select queue.cancel(:id) \g /dev/null
select is(queue.complete(:job, :token), 'canceled', 'a canceled job answers canceled');

-- With the caller's own writes
create table effect (n int);
select queue.enqueue('q', 'k') as id \gset
select job, token from pg_temp.take('q') \gset
begin;
insert into effect values (1);
select queue.complete(:job, :token) as verdict \gset
rollback;
select is((select count(*) from effect) || ' ' || pg_temp.state(:id), '0 running',
    'a rollback undoes the handler''s writes and the settle together');
begin;
insert into effect values (1);
select queue.complete(:job, :token) as verdict \gset
commit;
select is((select count(*) from effect) || ' ' || pg_temp.state(:id), '1 succeeded', 'and a commit keeps both');

select * from finish();
