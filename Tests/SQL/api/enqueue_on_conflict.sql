-- on_conflict and unique_for: what the job that holds a unique key gets of an enqueue, and how long an ended one keeps it.
\ir ../support/common.sql
select plan(41);

-- replace: another body for a job that no worker has
select queue.enqueue('r', 'k', '{"n": 1}', priority => 3, max_attempts => 7, unique_key => 'a', headers => '{"h": "1"}') as job \gset
select is(queue.enqueue('r', 'k', '{"n": 2}', unique_key => 'a', on_conflict => 'replace'), :job::bigint, 'replace gives the id of the holder');
select is((select count(*) from queue.job), 1::bigint, 'and makes no other job');
select is((pg_temp.job(:job)).payload, '{"n": 2}', 'which has the new payload');
select is((pg_temp.job(:job)).headers, null, 'and the new headers');
select is((pg_temp.job(:job)).state, 'ready', 'and is ready as before');
select is((pg_temp.job(:job)).priority || '/' || (pg_temp.job(:job)).max_attempts, '3/7', 'what else it was asked with stays');
select is((select ready from queue.stats('r')), 1::bigint, 'it counts once');
select queue.enqueue('r', 'k', '{"n": 3}', unique_key => 'a', on_conflict => 'replace', headers => '{"h": "3"}') \g /dev/null
select results_eq($$ select job_id, payload, headers, attempt from queue.claim_batch('r', 'w', 10) $$,
    format('values (%s::bigint, %L::jsonb, %L::jsonb, 1)', :job, '{"n": 3}', '{"h": "3"}'), 'a claim gets it once, as it was asked for last');
select is_empty($$ select * from queue.claim_batch('r', 'w', 10) $$, 'and never again');
select isnt(queue.enqueue('r', 'k', '{"n": 4}', unique_key => 'a', on_conflict => 'replace'), :job::bigint,
    'a job that is running is not changed: a new one takes the key');
select is((pg_temp.job(:job)).payload, '{"n": 3}', 'and it goes on with what it was given');
select is((select string_agg(payload ->> 'n', ',') from queue.claim_batch('r', 'w', 10)), '4', 'the new one runs, too');

select queue.enqueue('later', 'k', '1', run_at => now() + interval '1 hour', unique_key => 'a') as job \gset
select queue.enqueue('later', 'k', '2', run_at => now() + interval '5 hours', unique_key => 'a', on_conflict => 'replace') \g /dev/null
select ok(pg_temp.wait_of(:job) between 3000 and 3600, 'replace leaves run_at alone');
select is((pg_temp.job(:job)).payload, '2', 'also of a scheduled job');
select queue.enqueue('later', 'k', '3', unique_key => 'a') \g /dev/null
select is((pg_temp.job(:job)).payload, '2', 'without on_conflict nothing is replaced');
select queue.enqueue('later', 'k', '3', unique_key => 'a', on_conflict => 'keep') \g /dev/null
select is((pg_temp.job(:job)).payload, '2', 'nor with keep');

-- reschedule: debounce, the last call counts
select queue.enqueue('later', 'k', format('%s', n)::jsonb, run_at => now() + n * interval '1 hour', unique_key => 'a', on_conflict => 'reschedule')
from generate_series(3, 9) as n \g /dev/null
select ok(pg_temp.wait_of(:job) between 32000 and 32400, 'reschedule sets run_at');
select is((pg_temp.job(:job)).payload, '9', 'and the payload');
select is((select scheduled from queue.stats('later')), 1::bigint, 'however often: one job waits');
select queue.enqueue('later', 'k', '10', unique_key => 'a', on_conflict => 'reschedule') \g /dev/null
select is(pg_temp.state(:job), 'ready', 'without run_at it is ready now');
select results_eq($$ select job_id, payload from queue.claim_batch('later', 'w', 10) $$, format('values (%s::bigint, %L::jsonb)', :job, '10'),
    'and handed out once');
select queue.enqueue('ahead', 'k', '1', unique_key => 'a') as job \gset
select queue.enqueue('ahead', 'k', '2', run_at => now() + interval '1 hour', unique_key => 'a', on_conflict => 'reschedule') \g /dev/null
select is(pg_temp.state(:job), 'scheduled', 'a ready job can be put off');
select is_empty($$ select * from queue.claim_batch('ahead', 'w', 10) $$, 'and is not handed out before');

-- what comes after: failures, retries, ends
select queue.enqueue('life', 'k', '1', max_attempts => 2, unique_key => 'a') as job \gset
select queue.enqueue('life', 'k', '2', unique_key => 'a', on_conflict => 'replace') \g /dev/null
select job, token from pg_temp.take('life') \gset
select queue.fail(:job, :token, 'E', retry_in => '1 hour') \g /dev/null
select queue.enqueue('life', 'k', '3', unique_key => 'a', on_conflict => 'reschedule') \g /dev/null
select results_eq($$ select job_id, payload, attempt from queue.claim_batch('life', 'w', 10) $$,
    format('values (%s::bigint, %L::jsonb, 2)', :job, '3'), 'a job that is to be retried can be changed; its attempts count on');
select queue.fail(:job, (select max(token) from queue_internal.claim), 'E') \g /dev/null
select is(pg_temp.state(:job), 'dead', 'and run out');
select queue.retry(:job) \g /dev/null
select job_id = :job as same, lease_token as token from queue.claim_batch('life', 'w') \gset
select ok(:'same', 'a changed job that died can be retried');
select queue.complete(:job, :token) \g /dev/null
select is_empty($$ select * from queue_internal.unique_key where queue = 'life' $$, 'and gives its key back at its end');
select queue.enqueue('ends', 'k', '1', unique_key => 'a') as job \gset
select queue.enqueue('ends', 'k', '2', unique_key => 'a', on_conflict => 'replace') \g /dev/null
select is(queue.cancel(:job), 'canceled', 'a changed job can be canceled');
select queue.enqueue('ends', 'k', '3', unique_key => 'b') as job \gset
select queue.enqueue('ends', 'k', '4', unique_key => 'b', on_conflict => 'replace') \g /dev/null
select is(queue.cancel_jobs('ends'), 1::bigint, 'also in bulk');
select is_empty($$ select * from queue.claim_batch('ends', 'w', 10) $$, 'and is not handed out then');

-- unique_for: the key outlasts the job
select queue.enqueue('period', 'k', '1', unique_key => 'a', unique_for => '1 hour') as job \gset
select job, token from pg_temp.take('period') \gset
select queue.complete(:job, :token) \g /dev/null
select is(queue.enqueue('period', 'k', '2', unique_key => 'a'), :job::bigint, 'a job that has succeeded keeps its key for unique_for');
select is(queue.enqueue('period', 'k', '2', unique_key => 'a', on_conflict => 'replace'), :job::bigint, 'and is not changed any more');
select is(pg_temp.state(:job) || (pg_temp.job(:job)).payload, 'succeeded1', 'by nothing');
update queue_internal.unique_key set held_until = now() where queue = 'period';
select isnt(queue.enqueue('period', 'k', '3', unique_key => 'a'), :job::bigint, 'when the period is over, the key is free');
select queue.enqueue('failed', 'k', max_attempts => 1, unique_key => 'a', unique_for => '1 hour') as job \gset
select job, token from pg_temp.take('failed') \gset
select queue.fail(:job, :token, 'E') \g /dev/null
select isnt(queue.enqueue('failed', 'k', unique_key => 'a'), :job::bigint, 'a dead job gives its key back at once');
select queue.enqueue('short', 'k', unique_key => 'a', unique_for => '1 ms') as job \gset
select is(queue.enqueue('short', 'k', unique_key => 'a'), :job::bigint, 'a live job holds its key longer than unique_for');

-- batches and refusals
select is((select string_agg(created::text, ',' order by ordinal) from queue.enqueue_batch('b',
    '[{"kind": "k", "unique_key": "a"}, {"kind": "k", "payload": 2, "unique_key": "a", "unique_for": "1 hour", "on_conflict": "replace"}]')),
    'true,false', 'the options are keys of a batch''s elements');
select is((select payload from queue.list_jobs('b')), '2', 'and do the same');
select is(pg_temp.refusal($$ select queue.enqueue('q', 'k', on_conflict => 'replace') $$),
    '22023 | on_conflict says nothing without unique_key | pass unique_key, or leave it out', 'on_conflict wants a key');
select is(pg_temp.refusal($$ select queue.enqueue('q', 'k', unique_key => 'a', on_conflict => 'drop') $$),
    '22023 | unknown on_conflict ''drop'' | use keep, replace or reschedule', 'and one of three words');
select queue.create_queue('small', '{"max_payload_bytes": 20}');
select queue.enqueue('small', 'k', unique_key => 'a') \g /dev/null
select is(left(pg_temp.refusal($$ select queue.enqueue('small', 'k', '"a payload that is too long"', unique_key => 'a', on_conflict => 'replace') $$), 5),
    'JQ001', 'a queue refuses a replacement as it does a job');

select * from finish();
