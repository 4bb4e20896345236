-- Examples/testing/clock.sql: with its clock a test sees days go by.
\ir ../support/common.sql
\ir ../../../Examples/testing/clock.sql
select plan(16);

select is_empty($$ select p.oid::regprocedure from pg_proc as p
    where p.pronamespace in ('queue'::regnamespace, 'queue_internal'::regnamespace) and p.proname not in ('now', 'held_since', 'lock_slot', 'oldest_horizon')  -- they compare ages of sessions
        and (p.prosrc ~ '(?<![.\w])(clock_timestamp|now)\(\)' or p.prosrc ~ 'current_timestamp') $$,
    'no function asks another clock');
select ok(queue.now() between clock_timestamp() - interval '1 minute' and clock_timestamp(), 'at first it is right');

select queue.create_queue('q', '{"lease": "10 minutes", "max_attempts": 2, "backoff_jitter": 0}');
select queue.enqueue('q', 'k', run_at => now() + interval '1 day') as id \gset
select is_empty($$ select * from queue.claim_batch('q', 'w') $$, 'a job of tomorrow');
select ok(queue.shift_clock('1 day') > clock_timestamp() + interval '23 hours', 'a day goes by');
select is((select job_id from queue.claim_batch('q', 'w')), :id::bigint, 'is handed out');
select queue.shift_clock('9 minutes') is null as x \gset
select queue.maintain() is null as x \gset
select is(pg_temp.state(:id), 'running', 'its lease holds');
select queue.shift_clock('2 minutes') is null as x \gset
select queue.maintain() is null as x \gset
select is(pg_temp.state(:id), 'retrying', 'until it ends');
select queue.shift_clock('3 seconds') is null as x \gset
select job, token, attempt from pg_temp.take('q') \gset
select is(:attempt, 2, 'it is tried again after its backoff');
select queue.fail(:job, :token, 'E') is null as x \gset
select is(pg_temp.state(:id), 'dead', 'and is dead');
select queue.schedule('nightly', '@daily', 'q', 'cron') is null as x \gset
select queue.shift_clock('1 day') is null as x \gset
select is(queue.maintain() ->> 'fired', '1', 'a schedule fires');
select job as cron, token from pg_temp.take('q') \gset
select queue.complete(:cron, :token) is null as x \gset
select is((select count(*) from queue.attempt), 3::bigint, 'attempts are readable');
select queue.unschedule('nightly');

-- Retention: the ring is turned by maintain(), some steps at a time
create function pg_temp.turn(days int) returns void volatile language plpgsql as $$
begin
    for i in 1 .. days loop
        perform queue.shift_clock('1 day');
        for j in 1 .. 6 loop
            perform queue.maintain(), queue.shift_clock('2 seconds');
        end loop;
    end loop;
end
$$;
select pg_temp.turn(6) \g /dev/null
select is(pg_temp.state(:cron), 'succeeded', 'before its retention is over a job is readable');
select pg_temp.turn(9) \g /dev/null
select is(pg_temp.state(:cron), 'unknown', 'after twice as long it is gone');
select is(pg_temp.state(:id), 'dead', 'a dead one is kept');
select pg_temp.turn(20) \g /dev/null
select is(pg_temp.state(:id), 'unknown', 'until its own retention is over');
select is_empty($$ select * from queue.verify() where not ok $$, 'what is stored fits together after a month');

select * from finish();
