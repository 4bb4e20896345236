create or replace function queue_internal.refuse_cron(cron text, what text)
returns void
language plpgsql immutable
as $$
begin
    raise exception 'cron expression %: %', queue_internal.shown(cron), what
        using errcode = '22023', hint = 'five fields, minute hour day month weekday, such as ''30 2 * * mon-fri''; or '
            '@hourly, @daily, @weekly, @monthly, @yearly; or an interval, such as ''90 seconds''';
end
$$;

create or replace function queue_internal.cron_values(cron text, field text, low int, high int, names text[])
returns int[]
language plpgsql immutable
as $$
-- The values that a field stands for, in order. Lists, ranges, steps, and names, which count from low.
declare
    v_part text;
    v_match text[];
    v_from int;
    v_to int;
    v_values int[] := array[]::int[];
begin
    for i in 1 .. coalesce(cardinality(names), 0) loop
        field := regexp_replace(field, '\m' || names[i] || '\M', (low + i - 1)::text, 'gi');
    end loop;
    foreach v_part in array string_to_array(field, ',') loop
        v_match := regexp_match(v_part, '^(?:(\*)|(\d{1,4})(?:-(\d{1,4}))?)(?:/(\d{1,4}))?$');
        if v_match is null then
            perform queue_internal.refuse_cron(cron, format('%L is no value, range or step', v_part));
        end if;
        v_from := coalesce(v_match[2]::int, low);
        v_to := case when v_match[1] is not null or v_match[3] is null and v_match[4] is not null then high
            else coalesce(v_match[3], v_match[2])::int end;
        if v_from < low or v_to > high or v_from > v_to or v_match[4]::int = 0 then
            perform queue_internal.refuse_cron(cron, format('%L is outside %s to %s', v_part, low, high));
        end if;
        v_values := v_values || array(select generate_series(v_from, v_to, coalesce(v_match[4]::int, 1)));
    end loop;
    return array(select distinct v from unnest(v_values) as u (v) order by v);
end
$$;

create or replace function queue_internal.read_every(cron text)
returns interval
language plpgsql stable
as $$
-- What follows @every, or an interval alone: numbers, each with its unit. Raises 22023.
declare
    v_every interval;
begin
    begin
        v_every := regexp_replace(cron, '^\s*@every\s+', '', 'i')::interval;
    exception
        when data_exception then
            perform queue_internal.refuse_cron(cron, 'it is no interval, and has no five fields');
    end;
    if not v_every between '1 second' and '10 years' then
        perform queue_internal.refuse_cron(cron, 'the interval is not between 1 second and 10 years');
    end if;
    return v_every;
end
$$;

create or replace function queue_internal.read_cron(cron text)
returns queue_internal.cron
language plpgsql stable
as $$
-- What an expression says. Raises 22023.
declare
    v_fields text[];
    v_read queue_internal.cron;
begin
    if cron is null or length(cron) > 500 then
        perform queue_internal.refuse_cron(left(cron, 50), 'missing or too long');
    end if;
    v_fields := regexp_split_to_array(btrim(case lower(btrim(cron))
        when '@hourly' then '0 * * * *'
        when '@daily' then '0 0 * * *'
        when '@midnight' then '0 0 * * *'
        when '@weekly' then '0 0 * * 0'
        when '@monthly' then '0 0 1 * *'
        when '@yearly' then '0 0 1 1 *'
        when '@annually' then '0 0 1 1 *'
        else cron
    end), '\s+');
    -- five fields are never an interval; a number alone is not, either: it may be a field whose others are missing
    if cron ~* '^\s*@every\s' or cardinality(v_fields) <> 5 and cron ~* '^\s*[-+]?\d+(\.\d+)?\s*[a-z]' then
        v_read.every := queue_internal.read_every(cron);
        return v_read;
    elsif cardinality(v_fields) <> 5 then
        perform queue_internal.refuse_cron(cron, format('it has %s fields', cardinality(v_fields)));
    end if;
    v_read.minutes := queue_internal.cron_values(cron, v_fields[1], 0, 59, null);
    v_read.hours := queue_internal.cron_values(cron, v_fields[2], 0, 23, null);
    v_read.days := queue_internal.cron_values(cron, v_fields[3], 1, 31, null);
    v_read.months := queue_internal.cron_values(cron, v_fields[4], 1, 12,
        '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}');
    v_read.weekdays := array(
        select distinct w % 7
        from unnest(queue_internal.cron_values(cron, v_fields[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}')) as u (w));
    v_read.any_hour := v_fields[2] = '*';
    v_read.any_day := v_fields[3] like '*%';
    v_read.any_weekday := v_fields[5] like '*%';
    return v_read;
end
$$;

create or replace function queue_internal.cron_day(read queue_internal.cron, day date)
returns boolean
language plpgsql immutable
as $$
-- Whether there are fires on a day. When day and weekday are both given, either will do, as in every cron.
declare
    v_day boolean := extract(day from day)::int = any (read.days);
    v_weekday boolean := extract(dow from day)::int = any (read.weekdays);
begin
    return extract(month from day)::int = any (read.months)
        and case when read.any_day or read.any_weekday then v_day and v_weekday else v_day or v_weekday end;
end
$$;

create or replace function queue_internal.every_at(every interval, timezone text, anchored_at timestamptz, n bigint)
returns timestamptz
language plpgsql stable
as $$
-- When the n-th interval ends. Months and days go by the calendar of the schedule's time zone, never by that of the
-- session: two that differ would take one fire for two.
declare
    v_all interval := every * n;
    v_days interval := make_interval(
        months => (extract(year from v_all) * 12 + extract(month from v_all))::int,
        days => extract(day from v_all)::int);
begin
    if v_days = interval '0' then
        return anchored_at + v_all;
    end if;
    return (anchored_at at time zone timezone + v_days) at time zone timezone + (v_all - v_days);
end
$$;

create or replace function queue_internal.every_count(
    every interval,
    timezone text,
    anchored_at timestamptz,
    at timestamptz
)
returns bigint
language plpgsql stable
as $$
-- How many intervals have ended at an instant.
declare
    v_count bigint := greatest(0, floor(
        extract(epoch from every_count.at - anchored_at) / extract(epoch from every)));
begin
    -- a month has 30 days there
    while v_count > 0 and queue_internal.every_at(every, timezone, anchored_at, v_count) > every_count.at loop
        v_count := v_count - 1;
    end loop;
    while queue_internal.every_at(every, timezone, anchored_at, v_count + 1) <= every_count.at loop
        v_count := v_count + 1;
    end loop;
    return v_count;
end
$$;

create or replace function queue_internal.cron_of_day(
    read queue_internal.cron,
    timezone text,
    day date,
    after timestamptz,
    until timestamptz,
    out first timestamptz,
    out last timestamptz
)
language plpgsql stable
as $$
-- The first and the last fire of a local day that come after an instant and not after another. Where the hour is *,
-- fires follow real time: a clock change neither skips nor repeats one. Else each local time fires once on its day: one
-- that a clock change leaves out is as much later as the clock went forward, which may be on the next day; one that
-- comes twice fires the second time.
begin
    if not queue_internal.cron_day(read, day) then
        return;
    elsif not read.any_hour then
        select min(t.at), max(t.at) into first, last
        from unnest(read.hours) as h (hour)
        cross join unnest(read.minutes) as m (minute)
        cross join lateral (select (day + make_time(h.hour, m.minute, 0)) at time zone timezone as at) as t
        where t.at > after and t.at <= until;
        return;
    end if;
    -- midnight may come twice, too: what belongs to the day is looked for from three hours before on
    select min(t.at), max(t.at) into first, last
    from generate_series(
        greatest(date_trunc('minute', after), day::timestamp at time zone timezone - interval '3 hours'),
        least(until, (day + 1)::timestamp at time zone timezone + interval '3 hours'), '1 minute') as t (at)
    where t.at > after and (t.at at time zone timezone)::date = day
        and extract(minute from t.at at time zone timezone)::int = any (read.minutes);
end
$$;

create or replace function queue_internal.cron_next(
    read queue_internal.cron,
    timezone text,
    anchored_at timestamptz,
    after timestamptz
)
returns timestamptz
language plpgsql stable
as $$
-- The first fire after an instant; null when there is none within nine years.
declare
    v_day date := (after at time zone timezone)::date - 1;  -- its fires may come a day late
    v_until timestamptz;
    v_next timestamptz;
begin
    if read.every is not null then
        return queue_internal.every_at(read.every, timezone, anchored_at,
            queue_internal.every_count(read.every, timezone, anchored_at, after) + 1);
    end if;
    for v_ahead in 0 .. 3300 loop
        if not queue_internal.cron_day(read, v_day + v_ahead) then
            continue;
        end if;
        -- where the hour is *, the first fire of a day is among its first minutes
        v_until := case when read.any_hour
            then greatest(after, (v_day + v_ahead)::timestamp at time zone timezone) + interval '3 hours'
            else 'infinity' end;
        v_next := (queue_internal.cron_of_day(read, timezone, v_day + v_ahead, after, v_until)).first;
        if v_next is not null then
            return v_next;
        end if;
    end loop;
    return null;
end
$$;

create or replace function queue_internal.cron_last(
    read queue_internal.cron,
    timezone text,
    anchored_at timestamptz,
    after timestamptz,
    until timestamptz
)
returns timestamptz
language plpgsql stable
as $$
-- The last fire that comes after an instant and not after another, or null. Looks back from the end, day by day: as
-- short a way after a year as after an hour.
declare
    v_day date := (until at time zone timezone)::date;
    v_last timestamptz;
begin
    if read.every is not null then
        v_last := queue_internal.every_at(read.every, timezone, anchored_at,
            queue_internal.every_count(read.every, timezone, anchored_at, until));
        return case when v_last > after and v_last <= until then v_last end;
    end if;
    while v_day >= (after at time zone timezone)::date - 1 loop
        v_last := (queue_internal.cron_of_day(read, timezone, v_day, after, until)).last;
        if v_last is not null then
            return v_last;
        end if;
        v_day := v_day - 1;
    end loop;
    return null;
end
$$;
