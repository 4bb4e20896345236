-- unique_key: one live job for each key and queue, and the key given back at every kind of end.
\ir ../support/common.sql
select plan(24);

select queue.enqueue('q', 'k', '{"n": 1}', unique_key => 'a') as first \gset
select is(queue.enqueue('q', 'other', '{"n": 2}', unique_key => 'a'), :first::bigint, 'a key that is held gives the id of its holder');
select is((select count(*) from queue.job), 1::bigint, 'and inserts nothing');
select is((select payload from queue.get_job(:first)), '{"n": 1}', 'and changes nothing of the holder');
select isnt(queue.enqueue('q', 'k', unique_key => 'A'), :first::bigint, 'keys differ by case');
select isnt(queue.enqueue('p', 'k', unique_key => 'a'), :first::bigint, 'each queue has keys of its own');
select isnt(queue.enqueue('q', 'k'), queue.enqueue('q', 'k'), 'jobs without a key are never the same');

create function pg_temp.held(queue_name text, holder bigint) returns boolean language sql as $$
    select queue.enqueue(queue_name, 'again', unique_key => 'u') = holder
$$;
select queue.enqueue('done', 'k', unique_key => 'u') as job \gset
select job, token from pg_temp.take('done') \gset
select ok(pg_temp.held('done', :job), 'a running job holds its key');
select queue.complete(:job, :token) \g /dev/null
select ok(not pg_temp.held('done', :job), 'complete gives the key back');

select queue.enqueue('batch', 'k', unique_key => 'u') as job \gset
select job, token from pg_temp.take('batch') \gset
select queue.complete_batch(array[:job]::bigint[], array[:token]::bigint[]) \g /dev/null
select ok(not pg_temp.held('batch', :job), 'so does complete_batch');

select queue.enqueue('fails', 'k', unique_key => 'u', max_attempts => 2) as job \gset
select job, token from pg_temp.take('fails') \gset
select queue.fail(:job, :token, 'E', retry_in => '0') \g /dev/null
select ok(pg_temp.held('fails', :job), 'a job that is to be retried holds its key');
select job, token from pg_temp.take('fails') \gset
select queue.fail(:job, :token, 'E') \g /dev/null
select is(pg_temp.state(:job), 'dead', 'the last attempt has failed');
select ok(not pg_temp.held('fails', :job), 'a dead job gives its key back');
select is(pg_temp.refusal(format('select queue.retry(%s)', :job)),
    format('23505 | another live job has the unique key of job %s | let that job finish, or cancel it', :job),
    'retry is refused while another live job has the key');
select is(pg_temp.state(:job), 'dead', 'and leaves the job dead');

select queue.enqueue('skips', 'k', unique_key => 'u') as job \gset
select job, token from pg_temp.take('skips') \gset
select queue.skip(:job, :token, 'no') \g /dev/null
select ok(not pg_temp.held('skips', :job), 'a skipped job gives its key back');

select queue.enqueue('cancels', 'k', unique_key => 'u') as job \gset
select queue.cancel(:job) \g /dev/null
select ok(not pg_temp.held('cancels', :job), 'a canceled job gives its key back');

select queue.enqueue('cancels2', 'k', unique_key => 'u') as job \gset
select job, token from pg_temp.take('cancels2') \gset
select queue.cancel(:job) \g /dev/null
select ok(not pg_temp.held('cancels2', :job), 'also one that was running');

select queue.enqueue('waits', 'k', unique_key => 'u', run_at => now() + interval '1 day') as job \gset
select ok(pg_temp.held('waits', :job), 'a scheduled job holds its key');

select queue.enqueue('moves', 'k', unique_key => 'u') as job \gset
select job, token from pg_temp.take('moves') \gset
select queue.snooze(:job, :token, '1 hour') \g /dev/null
select ok(pg_temp.held('moves', :job), 'a snoozed job holds its key');

select queue.enqueue('back', 'k', unique_key => 'u') as job \gset
select job, token from pg_temp.take('back') \gset
select queue.release(:job, :token) \g /dev/null
select ok(pg_temp.held('back', :job), 'a released job holds its key');

select queue.enqueue('crash', 'k', unique_key => 'u', max_attempts => 1) as job \gset
select job_id as job from queue.claim_batch('crash', 'w', lease => '100 milliseconds') \gset
select pg_sleep(0.2) \g /dev/null
select queue.maintain() \g /dev/null
select is((select reason_code from queue.dead_letter where job_id = :job), 'WORKER_LOST', 'the worker was lost');
select ok(not pg_temp.held('crash', :job), 'a job whose worker was lost for good gives its key back');

begin;
select queue.enqueue('undone', 'k', unique_key => 'u') as gone \gset
rollback;
select isnt(queue.enqueue('undone', 'k', unique_key => 'u'), :gone::bigint, 'a rollback gives the key back');
select is((pg_temp.job(queue.enqueue('undone', 'k', unique_key => 'u'))).unique_key, 'u',
    'the key is shown by get_job');

select * from finish();
