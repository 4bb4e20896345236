-- How long a failed job waits: base * factor^(n-1), at most cap, varied by the jitter; exact numbers.
\ir ../support/common.sql
select plan(18);

-- Fails a job n times in a row; the waits in whole seconds as the queue says, without any waiting.
create function pg_temp.waits(queue_name text, n int) returns numeric[] volatile language plpgsql as $$
declare
    v_waits numeric[];
    v_job bigint := queue.enqueue(queue_name, 'k', max_attempts => 10000);
    v_claim queue.claimed_job;
begin
    for i in 1 .. n loop
        select * into v_claim from queue.claim_batch(queue_name, 'w') as c where c.job_id = v_job;
        perform queue.fail(v_job, v_claim.lease_token, 'E');
        v_waits := v_waits || round(pg_temp.wait_of(v_job), 1);
        perform queue.retry(v_job);
    end loop;
    return v_waits;
end
$$;

select queue.create_queue('exact', '{"backoff_jitter": 0}') \g /dev/null
select is(pg_temp.waits('exact', 11),
    array[2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 900.0, 900.0],
    'the default: 2 s doubled each time, at most 900 s');
select queue.create_queue('reflex', '{"preset": "reflex"}') \g /dev/null
select is(pg_temp.waits('reflex', 8), array[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0], 'reflex: min(1 s * 2^(n-1), 60 s)');
select queue.create_queue('osa', '{"preset": "osa"}') \g /dev/null
select is(pg_temp.waits('osa', 4), array[5.0, 25.0, 30.0, 30.0], 'osa: min(30 s, 5^n)');
select queue.create_queue('hotmesh', '{"preset": "hotmesh"}') \g /dev/null
select is(pg_temp.waits('hotmesh', 4), array[1.0, 10.0, 100.0, 120.0], 'hotmesh: 10^(n-1) s, at most 120 s');
select queue.create_queue('flat', '{"backoff_base": "7 seconds", "backoff_factor": 1, "backoff_jitter": 0}') \g /dev/null
select is(pg_temp.waits('flat', 3), array[7.0, 7.0, 7.0], 'a factor of 1 is a constant wait');
select queue.create_queue('half', '{"backoff_base": "4 seconds", "backoff_factor": 1.5, "backoff_jitter": 0}') \g /dev/null
select is(pg_temp.waits('half', 3), array[4.0, 6.0, 9.0], 'a factor need not be whole');
select queue.create_queue('zero', '{"backoff_base": "0", "backoff_jitter": 1}') \g /dev/null
select ok((select bool_and(w <= 0) from unnest(pg_temp.waits('zero', 3)) as w), 'a base of nothing is no wait');

-- Jitter
select queue.create_queue('jitter', '{"backoff_base": "100 seconds", "backoff_factor": 1}') \g /dev/null
create temp table spread as select unnest(pg_temp.waits('jitter', 60)) as wait;
select ok((select min(wait) >= 79.8 and max(wait) <= 120.1 from spread), 'by default the wait varies by 20 % at most');
select ok((select min(wait) < 95 and max(wait) > 105 from spread), 'to both sides');
select ok((select count(distinct wait) > 20 from spread), 'and is not one of a few values');
select queue.create_queue('wild', '{"backoff_base": "100 seconds", "backoff_factor": 1, "backoff_jitter": 1}') \g /dev/null
create temp table wild as select unnest(pg_temp.waits('wild', 60)) as wait;
select ok((select min(wait) >= -0.2 and max(wait) <= 200.1 from wild), 'a jitter of 1: from nothing to twice the wait');
select ok((select min(wait) < 60 and max(wait) > 140 from wild), 'and it uses that room');
select queue.create_queue('capped', '{"preset": "postgresflow", "backoff_base": "900 seconds"}') \g /dev/null
create temp table capped as select unnest(pg_temp.waits('capped', 30)) as wait;
select ok((select min(wait) >= 719.8 and max(wait) <= 1080.1 from capped), 'the jitter is applied to the capped wait');

-- The five hundredth failure
select ok((select backoff between '899 seconds' and '901 seconds' from queue_internal.backoff(
    queue_internal.apply_options(queue_internal.options(''), '{"backoff_jitter": 0}'), 10000) as backoff),
    'ten thousand attempts do not overflow');
select ok((select backoff between '899 seconds' and '901 seconds' from queue_internal.backoff(queue_internal.apply_options(
    queue_internal.options(''), '{"backoff_jitter": 0, "backoff_factor": 100}'), 10000) as backoff),
    'not even by a factor of 100');

-- Which policy, and when
select queue.enqueue('live', 'k') as id \gset
select job, token from pg_temp.take('live') \gset
select queue.configure_queue('live', '{"backoff_base": "500 seconds", "backoff_jitter": 0}') \g /dev/null
select queue.fail(:job, :token, 'E') \g /dev/null
select ok(pg_temp.wait_of(:id) between 498 and 500, 'the policy is that of the time of the failure');
select queue.enqueue('live', 'k') as id \gset
select job, token from pg_temp.take('live') \gset
select queue.fail(:job, :token, 'E', retry_in => '3 seconds') \g /dev/null
select ok(pg_temp.wait_of(:id) between 1 and 3, 'retry_in replaces it');
select queue.enqueue('fresh', 'k') as id \gset
select job, token from pg_temp.take('fresh') \gset
select queue.fail(:job, :token, 'E') \g /dev/null
select ok(pg_temp.wait_of(:id) between 1.4 and 2.41, 'a queue that nobody configured waits 2 s, give or take 20 %');

select * from finish();
