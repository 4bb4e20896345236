-- queue.schedule and its relatives: which instants an expression stands for, and that each fire is one job.
\ir ../support/common.sql
select plan(76);

-- The next fires of an expression in a time zone after an instant, as local times, comma-separated.
create function pg_temp.fires(cron text, zone text, after timestamptz, count int) returns text language plpgsql as $$
declare
    v_at timestamptz := after;
    v_fires text[] := '{}';
begin
    for i in 1 .. count loop
        v_at := queue_internal.cron_next(queue_internal.read_cron(cron), zone, after, v_at);
        exit when v_at is null;
        v_fires := v_fires || to_char(v_at at time zone 'UTC', 'MM-DD HH24:MI');
    end loop;
    return array_to_string(v_fires, ', ');
end
$$;

-- Makes a schedule late, as if nobody had called maintain().
create function pg_temp.late(schedule text, by interval) returns void language sql as $$
    update queue_internal.schedule as s
    set next_at = s.next_at - by, anchored_at = s.anchored_at - by where s.name = schedule
$$;

-- Expressions. 2026-11-21 is a Saturday.
select is(pg_temp.fires('*/20 * * * *', 'UTC', '2026-11-21 10:05Z', 3),
    '11-21 10:20, 11-21 10:40, 11-21 11:00', 'steps');
select is(pg_temp.fires('5,50-51 8 * * *', 'UTC', '2026-11-21Z', 4),
    '11-21 08:05, 11-21 08:50, 11-21 08:51, 11-22 08:05',
    'lists and ranges');
select is(pg_temp.fires('0 9-17/4 * * mon-fri', 'UTC', '2026-11-21Z', 4),
    '11-23 09:00, 11-23 13:00, 11-23 17:00, 11-24 09:00', 'a range with a step, and names of weekdays');
select is(pg_temp.fires('0 0 1 JAN,Jul *', 'UTC', '2026-11-21Z', 2), '01-01 00:00, 07-01 00:00', 'names of months');
select is(pg_temp.fires('0 0 * * 7', 'UTC', '2026-11-21Z', 1), '11-22 00:00', '7 is Sunday');
select is(pg_temp.fires('0 0 13 * fri', 'UTC', '2026-11-21Z', 3), '11-27 00:00, 12-04 00:00, 12-11 00:00',
    'day and weekday: either will do');
select is(pg_temp.fires('0 0 */2 * sun', 'UTC', '2026-11-21Z', 2), '11-29 00:00, 12-13 00:00',
    'a day with a star and a weekday: both must hold');
select is(pg_temp.fires('59 23 31 12 *', 'UTC', '2026-12-31 23:59Z', 1),
    '12-31 23:59', 'the end of the year comes again');
select is(pg_temp.fires('0 0 29 2 *', 'UTC', '2096-03-01Z', 1), '02-29 00:00', 'a leap day eight years ahead is found');
select is(pg_temp.fires('0 0 30 2 *', 'UTC', '2026-11-21Z', 1), '', 'the 30th of February is not');
select is(pg_temp.fires('@hourly', 'UTC', '2026-11-21 10:05Z', 1), '11-21 11:00', '@hourly');
select is(pg_temp.fires('@daily', 'UTC', '2026-11-21 10:05Z', 1), '11-22 00:00', '@daily');
select is(pg_temp.fires('@weekly', 'UTC', '2026-11-21 10:05Z', 1), '11-22 00:00', '@weekly');
select is(pg_temp.fires('@monthly', 'UTC', '2026-11-21 10:05Z', 1), '12-01 00:00', '@monthly');
select is(pg_temp.fires('@yearly', 'UTC', '2026-11-21 10:05Z', 1), '01-01 00:00', '@yearly');
select is(pg_temp.fires('@every 90 minutes', 'UTC', '2026-11-21 10:00Z', 3), '11-21 11:30, 11-21 13:00, 11-21 14:30',
    '@every counts from its anchor');
select is(pg_temp.fires('90 minutes', 'UTC', '2026-11-21 10:00Z', 3), '11-21 11:30, 11-21 13:00, 11-21 14:30',
    'an interval alone is the same');
select is(pg_temp.fires(' 1 hour 30 min', 'UTC', '2026-11-21 10:00Z', 1), '11-21 11:30', 'of several units');
select is(pg_temp.fires('5m', 'UTC', '2026-11-21 10:00Z', 1), '11-21 10:05', 'and short');
select is(pg_temp.fires('5 4 3 2 1', 'UTC', '2026-11-21 10:00Z', 1), '02-01 04:05',
    'five fields are never an interval');

-- Clock changes in Berlin: 2026-03-29 02:00 -> 03:00 (01:00Z), 2026-10-25 03:00 -> 02:00 (01:00Z)
select is(pg_temp.fires('30 2 * * *', 'Europe/Berlin', '2026-03-28 00:00Z', 3), '03-28 01:30, 03-29 01:30, 03-30 00:30',
    'a local time that the clock leaves out fires once, as much later');
select is(pg_temp.fires('30 2 * * *', 'Europe/Berlin', '2026-10-24 00:00Z', 3), '10-24 00:30, 10-25 01:30, 10-26 01:30',
    'a local time that comes twice fires once');
select is(pg_temp.fires('30 2,3 * * *', 'Europe/Berlin', '2026-03-29 00:00Z', 2), '03-29 01:30, 03-30 00:30',
    'two local times that fall together are one fire');
select is(pg_temp.fires('*/30 * * * *', 'Europe/Berlin', '2026-03-29 00:15Z', 4),
    '03-29 00:30, 03-29 01:00, 03-29 01:30, 03-29 02:00', 'every half hour goes on in real time in spring');
select is(pg_temp.fires('*/30 * * * *', 'Europe/Berlin', '2026-10-24 23:45Z', 4),
    '10-25 00:00, 10-25 00:30, 10-25 01:00, 10-25 01:30', 'and in autumn');
select is(pg_temp.fires('0 0 * * *', 'America/Sao_Paulo', '2018-11-03 12:00Z', 2), '11-04 03:00, 11-05 02:00',
    'a midnight that does not exist');

-- Refusals
select alike(pg_temp.refusal($$ select queue.schedule('x', '61 * * * *', 'q', 'k') $$),
    '22023 | %outside 0 to 59 | five%',
    'a value out of range');
select alike(pg_temp.refusal($$ select queue.schedule('x', '* * * *', 'q', 'k') $$), '22023 | %4 fields | five%',
    'four fields');
select alike(pg_temp.refusal($$ select queue.schedule('x', '*/0 * * * *', 'q', 'k') $$), '22023 | %', 'a step of zero');
select alike(pg_temp.refusal($$ select queue.schedule('x', '5-1 * * * *', 'q', 'k') $$), '22023 | %',
    'a range backwards');
select alike(pg_temp.refusal($$ select queue.schedule('x', '99999999999 * * * *', 'q', 'k') $$), '22023 | %',
    'a huge number');
select alike(pg_temp.refusal($$ select queue.schedule('x', null, 'q', 'k') $$), '22023 | %', 'null');
select alike(pg_temp.refusal($$ select queue.schedule('x', '0 0 30 2 *', 'q', 'k') $$), '22023 | %never fires | %',
    'an expression that never fires');
select alike(pg_temp.refusal($$ select queue.schedule('x', '@every banana', 'q', 'k') $$), '22023 | %', 'no interval');
select alike(pg_temp.refusal($$ select queue.schedule('x', '5 bananas', 'q', 'k') $$),
    '22023 | %no interval%90 seconds%', 'an unknown unit');
select alike(pg_temp.refusal($$ select queue.schedule('x', '5', 'q', 'k') $$), '22023 | %1 fields | five%',
    'a number is no interval');
select alike(pg_temp.refusal($$ select queue.schedule('x', '0 9 mon', 'q', 'k') $$), '22023 | %3 fields | five%',
    'nor are three fields');
select alike(pg_temp.refusal($$ select queue.schedule('x', '-5 minutes', 'q', 'k') $$),
    '22023 | %not between 1 second%', 'an interval backwards');
select alike(pg_temp.refusal($$ select queue.schedule('x', '11 years', 'q', 'k') $$), '22023 | %not between 1 second%',
    'a huge interval');
select alike(pg_temp.refusal($$ select queue.schedule('x', '99999999999 years', 'q', 'k') $$), '22023 | %no interval%',
    'and one that is none');
select alike(pg_temp.refusal($$ select queue.schedule('x', '@every 0 seconds', 'q', 'k') $$), '22023 | %',
    'an empty interval');
select alike(pg_temp.refusal($$ select queue.schedule('x', '@daily', 'q', 'k', timezone => 'Mars') $$),
    '22023 | unknown time zone ''Mars'' | %', 'an unknown time zone');
select alike(pg_temp.refusal($$ select queue.schedule('x', '@daily', 'q', 'k', catch_up => 'some') $$),
    '22023 | unknown catch_up ''some'' | use none, latest or all', 'an unknown catch_up');
select alike(pg_temp.refusal($$ select queue.schedule('x', '@daily', ' ', 'k') $$), '22023 | %', 'a blank queue');
select is((select count(*) from queue.schedule), 0::bigint, 'nothing of that is kept');

-- Fires
select ok(queue.schedule('tick', '@every 1 hour', 'q', 'k', '{"n": 1}', catch_up => 'latest')
    between now() + interval '59 minutes' and now() + interval '61 minutes', 'the next fire is returned');
select is((queue.maintain() ->> 'fired')::int, 0, 'nothing fires before its time');
select pg_temp.late('tick', '3 hours 1 minute');
select is((queue.maintain() ->> 'fired')::int, 1, 'latest: one job for all that was missed');
select is((queue.maintain() ->> 'fired')::int, 0, 'and only one');
select results_eq($$ select kind, payload, headers ->> 'schedule' from queue.list_jobs('q') $$,
    $$ values ('k', '{"n": 1}'::jsonb, 'tick') $$, 'the job is as asked, and names its schedule');
select is((select last_job_id from queue.schedule), (select job_id from queue.list_jobs('q')),
    'the view names the job');

select queue.schedule('tick', '@every 1 hour', 'all', 'k', catch_up => 'all') is null as x \gset
select pg_temp.late('tick', '3 hours 1 minute');
select is((queue.maintain() ->> 'fired')::int, 3, 'all: a job for each');
select queue.unschedule('tick');
select queue.schedule('tick', '@every 1 hour', 'none', 'k', catch_up => 'none') is null as x \gset
select pg_temp.late('tick', '3 hours 10 seconds');
select is((queue.maintain() ->> 'fired')::int, 1, 'none: a fire of just now is not missed');
select pg_temp.late('tick', '90 minutes');
select is((queue.maintain() ->> 'fired')::int, 0, 'none: one that is half an hour late is left out');

-- However late: the way to the last fire is as short after years as after an hour
select queue.schedule('minutely', '* * * * *', 'month', 'k') is null as x \gset
select pg_temp.late('minutely', '30 days');
select date_trunc('minute', clock_timestamp()) as minute \gset
select is((queue.maintain() ->> 'fired')::int, 1, 'latest: one job for a month of missed minutes');
select ok((select last_at >= :'minute' and last_at <= clock_timestamp() from queue.schedule where name = 'minutely'),
    'for the last of them');
select ok((select next_at = last_at + interval '1 minute' from queue.schedule where name = 'minutely'),
    'so the next call has nothing to catch up with');
select queue.schedule('minutely', '* * * * *', 'month', 'k', catch_up => 'none') is null as x \gset
select pg_temp.late('minutely', '5 years');
select is((queue.maintain() ->> 'fired')::int, 1, 'none: nothing of years of missed minutes but that of just now');
select queue.unschedule('minutely');

select queue.schedule('plain', '5 minutes', 'plain', 'k', catch_up => 'all') is null as x \gset
select pg_temp.late('plain', '16 minutes');
select is((queue.maintain() ->> 'fired')::int, 3, 'a schedule of an interval fires');
select queue.unschedule('plain');

-- Given again, as at every start of a program
select queue.schedule('again', '@every 1 hour', 'again', 'k', catch_up => 'all') is null as x \gset
select pg_temp.late('again', '5 hours 1 minute');
select next_at as next, anchored_at as anchor from queue_internal.schedule where name = 'again' \gset
select is(queue.schedule('again', '@every 1 hour', 'again', 'k2', '{"n": 2}', catch_up => 'all'), :'next',
    'a schedule that is given again keeps its fires');
select is((select anchored_at from queue_internal.schedule where name = 'again'), :'anchor',
    'and its intervals are counted on');
select is((queue.maintain() ->> 'fired')::int, 5, 'so nothing that was missed is lost');
select results_eq($$ select distinct kind, payload from queue.list_jobs('again') $$,
    $$ values ('k2', '{"n": 2}'::jsonb) $$, 'what it enqueues is what was given last');
select pg_temp.late('again', '5 hours 1 minute');
select ok(queue.schedule('again', '@every 30 minutes', 'again', 'k', catch_up => 'all') > now(),
    'with another expression it begins anew');
select is((queue.maintain() ->> 'fired')::int, 0, 'without what was missed');
select queue.schedule('again', '30 2 * * *', 'again', 'k', timezone => 'Asia/Tokyo') is null as x \gset
select pg_temp.late('again', '3 days');
select ok(queue.schedule('again', '30 2 * * *', 'again', 'k', timezone => 'America/New_York') > now(),
    'and so it does in another time zone');
select pg_temp.late('again', '-3 days');
select ok(queue.schedule('again', '30 2 * * *', 'again', 'k', timezone => 'America/New_York')
    < now() + interval '25 hours', 'a fire too far ahead, by a clock that was wrong, is put right');
update queue_internal.schedule set last_at = next_at, next_at = next_at + interval '1 day' where name = 'again';
select next_at as next from queue.schedule where name = 'again' \gset
select is(queue.schedule('again', '30 2 * * *', 'again', 'k', timezone => 'America/New_York'), :'next',
    'one that was enqueued before the clock was put back does not come again');
select queue.pause_schedule('again');
select pg_temp.late('again', '3 days');
select ok(queue.schedule('again', '30 2 * * *', 'again', 'k', timezone => 'America/New_York') > now(),
    'of a paused one, the fire where it would go on is returned');
select ok((select paused from queue.schedule where name = 'again'), 'it stays paused');
select queue.schedule('again', '@every 1 second', 'again', 'k') is null as x \gset
select pg_temp.late('again', '3 days');
select is((queue.maintain() ->> 'fired')::int, 0, 'with another expression, too');
select queue.unschedule('again');

select queue.pause_schedule('tick');
select pg_temp.late('tick', '3 hours 1 minute');
select is((queue.maintain() ->> 'fired')::int, 0, 'a paused schedule does not fire');
select is_empty($$ select * from queue.next_fires('tick') $$, 'no fires are listed');
select queue.resume_schedule('tick');
select ok((select next_at > now() from queue.schedule), 'a resumed one goes on with its next fire');
select results_eq($$ select f - lag(f) over (order by f) from queue.next_fires('tick', 3) as f offset 1 $$,
    $$ values (interval '1 hour'), (interval '1 hour') $$, 'next_fires lists them');
select queue.unschedule('tick');
select alike(pg_temp.refusal($$ select queue.unschedule('tick') $$), '42704 | schedule ''tick'' does not exist | %',
    'a schedule that is gone is unknown');

select * from finish();
