-- run_at: not before, then in the order of priority, and as if it had been enqueued then.
\ir ../support/common.sql
select plan(14);

select queue.enqueue('q', 'k', run_at => clock_timestamp() + interval '2 seconds') as soon \gset
select queue.enqueue('q', 'k', run_at => now() + interval '1 hour') as later \gset
select queue.enqueue('q', 'k', run_at => now() - interval '1 hour') as past \gset
select is(pg_temp.state(:past), 'ready', 'a run_at in the past is now');
select is((select array_agg(job_id) from queue.claim_batch('q', 'w', 10)), array[:past]::bigint[], 'only what is due is handed out');
select is(pg_temp.state(:soon), 'scheduled', 'what is not due is scheduled');
select pg_sleep(2.1) \g /dev/null
select is((select array_agg(job_id) from queue.claim_batch('q', 'w', 10)), array[:soon]::bigint[],
    'it is handed out when it is due, by a claim alone');
select is((select attempt from queue.get_job(:soon)), 1, 'as its first attempt');
select is_empty($$ select * from queue.claim_batch('q', 'w', 10) $$, 'once');
select is(pg_temp.state(:later), 'scheduled', 'the other waits on');

-- Through maintain()
select queue.enqueue('m', 'k', '{"n": 1}', run_at => clock_timestamp() + interval '300 milliseconds', headers => '{"h": 1}')
    as id \gset
select pg_sleep(0.5) \g /dev/null
select ok((queue.maintain() ->> 'promoted')::int >= 1, 'maintain() says that it promoted something');
select is(pg_temp.state(:id), 'ready', 'it is ready then');
select results_eq($$ select payload, headers from queue.claim_batch('m', 'w') $$,
    $$ values ('{"n": 1}'::jsonb, '{"h": 1}'::jsonb) $$, 'with its payload and headers');

-- Priority among due jobs, and beside ready ones
select queue.enqueue('p', 'low', priority => 1, run_at => clock_timestamp() + interval '200 milliseconds') \g /dev/null
select queue.enqueue('p', 'high', priority => 9, run_at => clock_timestamp() + interval '300 milliseconds') \g /dev/null
select queue.enqueue('p', 'mid', priority => 5) \g /dev/null
select pg_sleep(0.5) \g /dev/null
select results_eq($$ select kind from generate_series(1, 3) as n cross join lateral queue.claim_batch('p', 'w' || n) $$,
    $$ values ('high'), ('mid'), ('low') $$, 'due jobs take their place by priority');

-- Far away, and the ends of what a time can be
select is(pg_temp.state(queue.enqueue('far', 'k', run_at => '290000-01-01Z')), 'scheduled', 'the far future is good');
select is(pg_temp.state(queue.enqueue('far', 'k', run_at => '4713-01-01Z BC')), 'ready', 'and so is the far past');
select is((select count(*) from queue.claim_batch('far', 'w', 10)), 1::bigint, 'the one is handed out, the other not');

select * from finish();
