-- queue.release gives a job back uncharged; queue.skip ends one without doing it.
\ir ../support/common.sql
select plan(26);

select queue.create_queue('q', '{"stripes": 1}') \g /dev/null
select queue.enqueue('q', 'k', '{"n": 1}', max_attempts => 1, headers => '{"h": 1}') as id \gset
select queue.enqueue('q', 'k') as newer \gset
select job, token from pg_temp.take('q') \gset
select is(queue.release(:job, :token), 'ok', 'release settles the attempt');
select is(pg_temp.state(:id), 'ready', 'the job is ready at once');
select is((select attempt from queue.get_job(:id)), 0, 'and was charged nothing');
select is(pg_temp.story(:id), '1 released', 'the attempt has its row');
select results_eq($$ select job_id, attempt, payload, headers from queue.claim_batch('q', 'w') $$,
    format($$ values (%s::bigint, 1, '{"n": 1}'::jsonb, '{"h": 1}'::jsonb) $$, :id),
    'it comes again as the same attempt, before newer jobs');
select is(queue.release(:job, :token), 'stale', 'the old token is stale');
select is((select job_id from queue.claim_batch('q', 'w')), :newer::bigint, 'the newer job comes after it');
select is(queue.release(9999999, 1), 'missing', 'an unknown job is missing');
select is(queue.release(null, null), 'missing', 'a null job is missing');
select queue.cancel(:newer) \g /dev/null
select is(queue.release(:newer, 1), 'canceled', 'a canceled job answers canceled');
select queue.enqueue('loop', 'k', max_attempts => 1) as id \gset
do $$
declare
    v record;
begin
    for i in 1 .. 20 loop
        select * into v from pg_temp.take('loop');
        perform queue.release(v.job, v.token);
    end loop;
end
$$;
select is(pg_temp.state(:id), 'ready', 'a job may be released any number of times');
select is((select count(*) from queue.attempt where job_id = :id and attempt = 1 and outcome = 'released'), 20::bigint,
    'each has its row');

-- skip
select queue.enqueue('s', 'k') as id \gset
select job, token from pg_temp.take('s') \gset
select is(queue.skip(:job, :token, 'no longer wanted'), 'ok', 'skip settles the attempt');
select is(pg_temp.state(:id), 'skipped', 'the job is skipped');
select results_eq(format('select attempt, outcome, error_code, error_message from queue.attempt where job_id = %s', :id),
    $$ values (1, 'skipped', null::text, 'no longer wanted') $$, 'the reason is kept with the attempt');
select is((select attempt from queue.get_job(:id)), 1, 'the attempt counts');
select is_empty($$ select * from queue.claim_batch('s', 'w') $$, 'it is not handed out again');
select is_empty(format('select * from queue.dead_letter where job_id = %s', :id), 'and is no dead letter');
select is(queue.skip(:job, :token, 'r'), 'stale', 'a second skip is stale');
select queue.enqueue('s', 'k') as id \gset
select job, token from pg_temp.take('s') \gset
select is(queue.skip(:job, :token + 1, 'r'), 'stale', 'a wrong token is stale');
select is(queue.skip(9999999, :token, 'r'), 'missing', 'an unknown job is missing');
select is(queue.skip(:job, :token, repeat('r', 20000)), 'ok', 'a huge reason is good');
select is((select length(error_message) from queue.attempt where job_id = :id), 10000, 'and kept to 10,000 characters');
select queue.enqueue('s', 'k') as id \gset
select job, token from pg_temp.take('s') \gset
select is(queue.skip(:job, :token, null), 'ok', 'a null reason is good');
select queue.enqueue('s', 'k') as id \gset
select job, token from pg_temp.take('s') \gset
select queue.cancel(:id) \g /dev/null
select is(queue.skip(:job, :token, 'r'), 'canceled', 'a canceled job answers canceled');
select is(pg_temp.state(:id), 'canceled', 'and stays so');

select * from finish();
