-- What maintain() enqueues on the days when clocks change, step by step, with a clock that tests can shift.
\ir ../support/common.sql
\ir ../../../Examples/testing/clock.sql
select plan(15);

-- Puts Quoll's clock to an instant.
create function pg_temp.at(instant timestamptz) returns void volatile language sql as $$
    select queue.shift_clock(instant - queue.now())
$$;

-- Calls maintain() every ten minutes; at which of these local times a schedule fired, and for which instants.
create function pg_temp.fired(name text, since timestamptz, until timestamptz, out at text, out fires text)
volatile language plpgsql as $$
declare
    v_at timestamptz := since;
    v_last bigint := (select coalesce(max(j.job_id), 0) from queue.list_jobs(name) as j);
begin
    while v_at <= until loop
        perform pg_temp.at(v_at);
        if (queue.maintain() ->> 'fired')::int > 0 then
            at := concat_ws(', ', at, to_char(v_at at time zone 'Europe/Berlin', 'DD HH24:MI'));
        end if;
        v_at := v_at + interval '10 minutes';
    end loop;
    fires := (
        select string_agg(to_char((j.headers ->> 'fire_at')::timestamptz at time zone 'UTC', 'DD HH24:MI"Z"'), ', '
            order by j.job_id)
        from queue.list_jobs(name, max_jobs => 500) as j where j.job_id > v_last);
end
$$;

-- Gives a schedule that is called as its queue, at an instant.
create function pg_temp.give(name text, cron text, instant timestamptz, catch_up text default 'latest') returns void
volatile language plpgsql as $$
begin
    perform pg_temp.at(instant),
        queue.schedule(name, cron, name, 'k', timezone => 'Europe/Berlin', catch_up => catch_up);
end
$$;

-- Berlin: 2031-03-30 02:00 -> 03:00 (01:00Z), 2031-10-26 03:00 -> 02:00 (01:00Z)
select pg_temp.give('spring', '30 2 * * *', '2031-03-29 00:00:05Z');
select results_eq($$ select * from pg_temp.fired('spring', '2031-03-29 00:00:05Z', '2031-03-31 01:00:05Z') $$,
    $$ values ('29 02:30, 30 03:30, 31 02:30', '29 01:30Z, 30 01:30Z, 31 00:30Z') $$,
    'spring: 02:30 is left out and fires at 03:30, once; the next day is as ever');
select queue.unschedule('spring');

select pg_temp.give('autumn', '30 2 * * *', '2031-10-25 00:00:05Z');
select results_eq($$ select * from pg_temp.fired('autumn', '2031-10-25 00:00:05Z', '2031-10-27 02:00:05Z') $$,
    $$ values ('25 02:30, 26 02:30, 27 02:30', '25 00:30Z, 26 01:30Z, 27 01:30Z') $$,
    'autumn: of two times 02:30 the second fires, and the first does not');
select queue.unschedule('autumn');

select pg_temp.give('both', '30 2,3 * * *', '2031-03-30 00:00:05Z');
select is((pg_temp.fired('both', '2031-03-30 00:00:05Z', '2031-03-30 03:00:05Z')).fires, '30 01:30Z',
    'spring: 02:30 and 03:30 fall together and are one job');
select queue.unschedule('both');

select pg_temp.give('halves', '*/30 * * * *', '2031-03-30 00:15Z');
select is((pg_temp.fired('halves', '2031-03-30 00:15Z', '2031-03-30 02:15Z')).fires,
    '30 00:30Z, 30 01:00Z, 30 01:30Z, 30 02:00Z', 'spring: where the hour is a star, every half hour');
select pg_temp.give('halves', '*/30 * * * *', '2031-10-26 00:15Z', 'none');
select queue.maintain() is null as x \gset
select is((pg_temp.fired('halves', '2031-10-26 00:20:05Z', '2031-10-26 02:10:05Z')).fires,
    '26 00:30Z, 26 01:00Z, 26 01:30Z, 26 02:00Z', 'autumn, too');
select queue.unschedule('halves');

-- Nobody there while the clock changes
create function pg_temp.away(catch_up text, since timestamptz, until timestamptz) returns text
volatile language plpgsql as $$
begin
    perform pg_temp.give('away', '30 2 * * *', since, catch_up);
    return (pg_temp.fired('away', until, until)).fires;
end
$$;
select is(pg_temp.away('all', '2031-03-29 00:00Z', '2031-04-01 00:00Z'), '29 01:30Z, 30 01:30Z, 31 00:30Z',
    'all, in spring: a job for each day');
select queue.unschedule('away');
select is(pg_temp.away('latest', '2031-03-29 00:00Z', '2031-03-30 12:00Z'), '30 01:30Z', 'latest: that of the day');
select is((select next_at from queue.schedule), '2031-03-31 00:30Z', 'and the next is tomorrow''s');
select queue.unschedule('away');
select is(pg_temp.away('none', '2031-03-29 02:00Z', '2031-03-30 01:30:30Z'), '30 01:30Z', 'none: one of just now');
select queue.unschedule('away');
select is(pg_temp.away('all', '2031-10-25 00:00Z', '2031-10-27 12:00Z'), '25 00:30Z, 26 01:30Z, 27 01:30Z',
    'all, in autumn: a job for each day');
select queue.unschedule('away');
select is(pg_temp.away('latest', '2031-10-25 00:00Z', '2031-10-26 01:00Z'), '25 00:30Z',
    'latest, between the first 02:30 and the second: that of the day before');
select is(pg_temp.away('latest', '2031-10-25 00:00Z', '2031-10-26 12:00Z'), '26 01:30Z', 'after both: the second');
select queue.unschedule('away');

-- Intervals
select pg_temp.give('daily', '@every 1 day', '2031-03-28 11:00Z');
select is((pg_temp.fired('daily', '2031-03-28 11:00:05Z', '2031-03-31 11:00:05Z')).fires,
    '29 11:00Z, 30 10:00Z, 31 10:00Z', 'every day at the local time at which it began');
select queue.unschedule('daily');
select pg_temp.give('hours', '@every 24 hours', '2031-03-28 11:00Z');
select is((pg_temp.fired('hours', '2031-03-28 11:00:05Z', '2031-03-31 11:00:05Z')).fires,
    '29 11:00Z, 30 11:00Z, 31 11:00Z', 'every 24 hours');
select is((select count(*) from queue.list_jobs('spring')), 3::bigint, 'nothing came twice later');

select * from finish();
