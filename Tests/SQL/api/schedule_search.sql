-- Looking for fires, forwards and backwards: the same as counting minutes one by one, through changes of the clock.
\ir ../support/common.sql
set timezone = 'Europe/Berlin';
select plan(6);

-- Every fire of a few days, by looking at each minute.
create function pg_temp.counted(read queue_internal.cron, zone text, after timestamptz, until timestamptz)
returns timestamptz[] language sql as $$
    select array_agg(distinct f.at order by f.at)
    from (
        select m.at
        from generate_series(date_trunc('minute', after), until, '1 minute') as m (at)
        where read.any_hour and extract(minute from m.at at time zone zone)::int = any (read.minutes)
            and queue_internal.cron_day(read, (m.at at time zone zone)::date)
        union all
        select l.local at time zone zone
        from generate_series(date_trunc('day', after at time zone zone) - interval '2 days',
            (until at time zone zone) + interval '1 day', '1 minute') as l (local)
        where not read.any_hour and extract(minute from l.local)::int = any (read.minutes)
            and extract(hour from l.local)::int = any (read.hours) and queue_internal.cron_day(read, l.local::date)
    ) as f
    where f.at > after and f.at <= until
$$;

create function pg_temp.walked(read queue_internal.cron, zone text, anchor timestamptz, after timestamptz,
    until timestamptz) returns timestamptz[] language plpgsql as $$
declare
    v_at timestamptz := after;
    v_fires timestamptz[];
begin
    loop
        v_at := queue_internal.cron_next(read, zone, anchor, v_at);
        if v_at is null or v_at > until then
            return v_fires;
        end if;
        v_fires := v_fires || v_at;
    end loop;
end
$$;

create function pg_temp.any_of(words text[]) returns text language sql volatile as $$
    select words[1 + floor(random() * cardinality(words))::int]
$$;

create function pg_temp.made_up() returns text language sql volatile as $$
    select concat_ws(' ', pg_temp.any_of('{*,*/15,"0,30",30,7-59/13,"0,59"}'),
        pg_temp.any_of('{*,*,23,0,0-3,"1,2",2,*/6,"22,23","0,23"}'), pg_temp.any_of('{*,*,*,*/2,1-31/3}'), '*',
        pg_temp.any_of('{*,*,*,sun,"sat,sun",mon-fri}'))
$$;

-- Where clocks change at night, at midnight, by half an hour, by two hours, and by a whole day; and where they do not.
create temporary table change (zone text, at timestamptz);
insert into change
select z.zone, h.at
from unnest('{Europe/Berlin,Europe/Dublin,America/Havana,America/Nuuk,America/Sao_Paulo,America/Godthab,Africa/Cairo,
    Atlantic/Azores,Australia/Lord_Howe,Antarctica/Troll,Pacific/Apia,Asia/Kathmandu}'::text[]) as z (zone)
cross join lateral (
    select at, at at time zone z.zone - lag(at at time zone z.zone) over (order by at) as step
    from unnest('{2011-12-01,2018-10-25,2024-03-01,2024-09-01,2026-03-01,2026-10-01}'::timestamptz[]) as y (since)
    cross join lateral generate_series(y.since, y.since + interval '70 days', '1 hour') as g (at)
) as h
where h.step is distinct from interval '1 hour' and h.step between '-3 hours' and '26 hours';
insert into change values ('UTC', '2026-03-29Z'), ('Asia/Kathmandu', '2026-10-25Z');
select cmp_ok((select count(distinct zone) from change)::int, '>=', 10, 'there are changes of the clock to look at');

-- 3 made-up expressions at each change: what was not as counted
create function pg_temp.differences() returns setof text language plpgsql as $$
declare
    v_change change;
    v_cron text;
    v_read queue_internal.cron;
    v_fires timestamptz[];
    v_from timestamptz;
    v_after timestamptz;
    v_until timestamptz;
begin
    for v_change in select c.* from change as c cross join generate_series(1, 3) as n order by c.zone, c.at, n loop
        v_cron := pg_temp.made_up();
        v_read := queue_internal.read_cron(v_cron);
        v_from := v_change.at - interval '30 hours' - random() * interval '1 hour';
        v_fires := pg_temp.counted(v_read, v_change.zone, v_from, v_from + interval '3 days');
        if pg_temp.walked(v_read, v_change.zone, v_from, v_from, v_from + interval '3 days')
            is distinct from v_fires then
            return next format('%s in %s, forwards from %s', v_cron, v_change.zone, v_from);
        end if;
        for i in 1 .. 10 loop
            v_after := v_from + random() * interval '1.5 days';
            v_until := v_after + random() * interval '1 day';
            if queue_internal.cron_last(v_read, v_change.zone, v_from, v_after, v_until) is distinct from
                (select max(f) from unnest(v_fires) as f where f > v_after and f <= v_until) then
                return next format('%s in %s, backwards from %s to %s', v_cron, v_change.zone, v_until, v_after);
            end if;
            if queue_internal.cron_next(v_read, v_change.zone, v_from, v_until) > v_from + interval '3 days' then
                continue;
            elsif queue_internal.cron_next(v_read, v_change.zone, v_from, v_until) is distinct from
                (select min(f) from unnest(v_fires) as f where f > v_until) then
                return next format('%s in %s, forwards from %s', v_cron, v_change.zone, v_until);
            end if;
        end loop;
    end loop;
end
$$;
select setseed(0.25) \g /dev/null
select is_empty('select * from pg_temp.differences()', 'both ways find every fire, at the right instant');

-- Months and years: the way back is as the way forward
create function pg_temp.disagreements(crons text[]) returns setof text language plpgsql as $$
declare
    v_cron text;
    v_zone text;
    v_from timestamptz;
    v_after timestamptz;
    v_until timestamptz;
    v_fires timestamptz[];
begin
    foreach v_cron in array crons loop
        v_zone := (select c.zone from change as c order by c.zone, c.at offset floor(random() * 20) limit 1);
        v_from := timestamptz '2023-01-31 22:30Z' + random() * interval '100 days';
        v_after := v_from + random() * interval '200 days';
        v_until := v_after + random() * interval '500 days';
        v_fires := pg_temp.walked(queue_internal.read_cron(v_cron), v_zone, v_from, v_after, v_until);
        if queue_internal.cron_last(queue_internal.read_cron(v_cron), v_zone, v_from, v_after, v_until)
            is distinct from v_fires[cardinality(v_fires)] then
            return next format('%s in %s from %s to %s', v_cron, v_zone, v_until, v_after);
        end if;
    end loop;
end
$$;
select is_empty($$ select * from pg_temp.disagreements(
    '{30 2 * * *,0 0 29 2 *,0 0 31 * *,0 12 1 */3 *,59 23 31 12 *,15 3 * * sun,30 2 1 * mon,0 0 30 4 *}') $$,
    'backwards through months as forwards');
select is_empty($$ select * from pg_temp.disagreements('{@every 1 day,@every 1 month,@every 1 month 3 days,
    @every 2 weeks 5 hours,@every 7 hours 13 minutes,@every 1 year,@every 36 hours}') $$,
    'and for intervals');

-- Days and months of an interval, by the time zone of the schedule
select is(pg_temp.walked(queue_internal.read_cron('@every 1 day'), 'UTC', '2026-03-28 11:00Z', '2026-03-28 12:00Z',
    '2026-03-30 12:00Z'), '{2026-03-29 11:00Z,2026-03-30 11:00Z}',
    'a day has 24 hours in UTC, whatever the session''s zone');
select is(pg_temp.walked(queue_internal.read_cron('@every 1 month'), 'Europe/Berlin', '2026-01-31 11:00Z',
    '2026-01-31 12:00Z', '2026-05-01Z'), '{2026-02-28 11:00Z,2026-03-31 10:00Z,2026-04-30 10:00Z}',
    'months are counted from the anchor, at the same local time');

select * from finish();
