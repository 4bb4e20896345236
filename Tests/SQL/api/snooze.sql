-- queue.snooze: later, without charging the attempt.
\ir ../support/common.sql
select plan(22);

select queue.enqueue('q', 'k', '{"n": 1}', max_attempts => 1, headers => '{"h": 1}') as id \gset
select job, token from pg_temp.take('q') \gset
select is(queue.snooze(:job, :token, '1 hour'), 'ok', 'snooze settles the attempt');
select is(pg_temp.state(:id), 'scheduled', 'the job is scheduled');
select ok(pg_temp.wait_of(:id) between 3590 and 3600, 'for delay from now');
select is((select attempt from queue.get_job(:id)), 0, 'and was charged nothing');
select is(pg_temp.story(:id), '1 snoozed', 'the attempt has its row');
select is_empty($$ select * from queue.claim_batch('q', 'w') $$, 'it is not handed out before');
select is(queue.snooze(:job, :token, '1 s'), 'stale', 'a second snooze is stale');
select is(queue.complete(:job, :token), 'stale', 'and so is complete');

select queue.enqueue('again', 'k', '{"n": 2}', max_attempts => 1) as id \gset
select job, token from pg_temp.take('again') \gset
select queue.snooze(:job, :token, '200 milliseconds') \g /dev/null
select pg_sleep(0.4) \g /dev/null
select job_id as job, lease_token as token, attempt, payload from queue.claim_batch('again', 'w') \gset
select is(:'attempt' || ' ' || :'payload', '1 {"n": 2}', 'it comes again as the same attempt, even if that is the only one');
select is(queue.snooze(:job, :token, '0'), 'ok', 'a delay of nothing is good');
select is(pg_temp.state(:id), 'ready', 'and means at once');
select job, token from pg_temp.take('again') \gset
select queue.complete(:job, :token) \g /dev/null
select is(pg_temp.story(:id), '1 snoozed, 1 snoozed, 1 succeeded', 'each time has its row');

select queue.enqueue('tried', 'k') as id \gset
select job, token from pg_temp.take('tried') \gset
select queue.fail(:job, :token, 'E', retry_in => '0') \g /dev/null
select job, token from pg_temp.take('tried') \gset
select queue.snooze(:job, :token, '1 hour') \g /dev/null
select is(pg_temp.state(:id), 'retrying', 'a job that has failed before is retrying');
select is((select attempt from queue.get_job(:id)), 1, 'with the failure charged, the snooze not');

select queue.enqueue('v', 'k') as id \gset
select job, token from pg_temp.take('v') \gset
select is(queue.snooze(9999999, :token, '1 s'), 'missing', 'an unknown job is missing');
select is(queue.snooze(:job, null, '1 s'), 'stale', 'a null token is stale');
select is(pg_temp.refusal(format('select queue.snooze(%s, %s, null)', :job, :token)),
    '22023 | delay must not be null | for example interval ''1 minute''', 'a null delay is refused');
select is(pg_temp.refusal(format('select queue.snooze(%s, %s, %L)', :job, :token, '-1 s')),
    '22023 | delay -00:00:01 is out of range | use 00:00:00 to 10 years', 'a negative delay is refused');
select is(pg_temp.refusal(format('select queue.snooze(%s, %s, %L)', :job, :token, '11 years')),
    '22023 | delay 11 years is out of range | use 00:00:00 to 10 years', 'a delay of eleven years is refused');
select is(pg_temp.state(:id), 'running', 'a refused call settles nothing');
select queue.cancel(:id) \g /dev/null
select is(queue.snooze(:job, :token, '1 s'), 'canceled', 'a canceled job answers canceled');
select is(pg_temp.state(:id), 'canceled', 'and stays so');

select * from finish();
