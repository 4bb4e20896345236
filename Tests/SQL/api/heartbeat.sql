-- queue.heartbeat: extends, never shortens; a verdict for each pair, in order.
\ir ../support/common.sql
select plan(23);

create function pg_temp.lease_end(job bigint, token bigint) returns timestamptz language sql as $$
    select queue_internal.leased_until(queue_internal.claim_of(token), job)
$$;

select queue.create_queue('q', '{"lease": "10 minutes"}') \g /dev/null
select queue.enqueue('q', 'k') as id \gset
select job_id as job, lease_token as token from queue.claim_batch('q', 'w', lease => '1 minute') \gset
select results_eq(format('select job_id, verdict from queue.heartbeat(array[%s]::bigint[], array[%s]::bigint[], %L)',
    :job, :token, '2 minutes'), format($$ values (%s::bigint, 'ok'::queue.verdict) $$, :job), 'a lease that is held: ok');
select ok(pg_temp.lease_end(:job, :token) - clock_timestamp() between '118 seconds' and '120 seconds',
    'it lasts for lease from now');
select verdict from queue.heartbeat(array[:job], array[:token], '1 second') \g /dev/null
select ok(pg_temp.lease_end(:job, :token) - clock_timestamp() > '110 seconds', 'a shorter lease does not shorten it');
select verdict from queue.heartbeat(array[:job], array[:token]) \g /dev/null
select ok(pg_temp.lease_end(:job, :token) - clock_timestamp() between '598 seconds' and '600 seconds',
    'without lease it is the queue''s');
select is((select attempt || ' ' || state from queue.get_job(:id)), '1 running', 'a heartbeat charges nothing');
select is_empty(format('select * from queue.attempt where job_id = %s', :id), 'and writes no attempt');

-- A heartbeat really keeps the reaper away, and does so again and again; from here on the clock goes on by minutes
\ir ../../../Examples/testing/clock.sql
select verdict from queue.heartbeat(array[:job], array[:token], '1 hour') \g /dev/null
select queue.enqueue('keep', 'k') as id \gset
select job_id as job, lease_token as token from queue.claim_batch('keep', 'w', lease => '4 minutes') \gset
select queue.shift_clock('2 minutes') \g /dev/null
select verdict from queue.heartbeat(array[:job], array[:token], '6 minutes') \g /dev/null
select queue.shift_clock('4 minutes') \g /dev/null
select queue.maintain() \g /dev/null
select is(pg_temp.state(:id), 'running', 'after the first end it runs on');
select verdict from queue.heartbeat(array[:job], array[:token], '1 minute') \g /dev/null
select queue.shift_clock('5 minutes') \g /dev/null
select queue.maintain() \g /dev/null
select is(pg_temp.story(:id), '1 lost', 'after the last end it is lost');

-- Late, but nobody has reaped
select queue.enqueue('late', 'k') as id \gset
select job_id as job, lease_token as token from queue.claim_batch('late', 'w', lease => '1 minute') \gset
select queue.shift_clock('2 minutes') \g /dev/null
select is((select verdict from queue.heartbeat(array[:job], array[:token], '1 hour')), 'ok',
    'a lease that ran out but was not reaped is taken up again');
select queue.maintain() \g /dev/null
select is(pg_temp.state(:id), 'running', 'and then holds');

-- Verdicts, in order
select queue.create_queue('v', '{"lease": "1 hour"}') \g /dev/null
select queue.enqueue('v', 'k') as one \gset
select job as job1, token as token1 from pg_temp.take('v') \gset
select queue.enqueue('v', 'k') as two \gset
select job as job2, token as token2 from pg_temp.take('v') \gset
select queue.enqueue('v', 'k') as three \gset
select job as job3, token as token3 from pg_temp.take('v') \gset
select queue.cancel(:job2) \g /dev/null
select queue.complete(:job3, :token3) \g /dev/null
select results_eq(format('select job_id, verdict::text from queue.heartbeat(array[%s, %s, %s, 999999, null, %s]::bigint[], '
        'array[%s, %s, %s, 1, 1, null]::bigint[])', :job3, :job1, :job2, :job1, :token3, :token1, :token2),
    format($$ values (%s::bigint, 'stale'), (%s, 'ok'), (%s, 'canceled'), (999999, 'missing'), (null, 'missing'), (%s, 'stale') $$,
        :job3, :job1, :job2, :job1), 'settled, held, canceled, unknown and null pairs, each its verdict');

-- A whole claim at once; one extended, the other not
select queue.enqueue_batch('two', 'k', array_fill('{}'::jsonb, array[2])) \g /dev/null
create temp table two as select * from queue.claim_batch('two', 'w', 2, lease => '3 minutes');
select is((select count(*) from two as t cross join lateral queue.heartbeat(
        array(select job_id from two), array(select lease_token from two), '2 minutes') as h
    where h.verdict = 'ok'), 4::bigint, 'a claim of two jobs is extended in one call');
select min(job_id) as low, max(job_id) as high from two \gset
select lease_token as token from two where job_id = :high \gset
select verdict from queue.heartbeat(array[:high], array[:token], '1 hour') \g /dev/null
select queue.shift_clock('6 minutes') \g /dev/null
select queue.maintain() \g /dev/null
select is(pg_temp.story(:low), '1 lost', 'the job that was not extended is lost');
select is(pg_temp.state(:high), 'running', 'the other of the same claim runs on');

-- Refusals
select is_empty($$ select * from queue.heartbeat('{}', '{}') $$, 'empty arrays: no rows');
select is_empty($$ select * from queue.heartbeat(null, null) $$, 'null arrays: no rows');
create temp table asked (arguments text, answer text, what text);
insert into asked values
    ('array[1, 2], array[1]', '22023 | arrays differ in length: 2 jobs, 1 tokens | pass one element of each for every job',
        'arrays of unequal length'),
    ('array[1], null', '22023 | arrays differ in length: 1 jobs, 0 tokens | pass one element of each for every job',
        'null tokens'),
    ('array[array[1]], array[array[1]]', '22023 | arrays must have one dimension | pass one element of each for every job',
        'two dimensions'),
    ($$array[1], array[1], '0'$$, '22023 | lease 00:00:00 is out of range | use 00:00:00.1 to 1 year', 'a lease of nothing'),
    ($$array[1], array[1], '-1 hour'$$, '22023 | lease -01:00:00 is out of range | use 00:00:00.1 to 1 year', 'a negative lease'),
    ($$array[1], array[1], '366 days'$$, '22023 | lease 366 days is out of range | use 00:00:00.1 to 1 year', 'a lease over a year');
select is(pg_temp.refusal('select * from queue.heartbeat(' || a.arguments || ')'), a.answer, 'heartbeat refuses ' || a.what)
from asked as a;
select is((select count(*) from queue.attempt where outcome = 'lost'), 2::bigint, 'nothing else was lost meanwhile');

select * from finish();
