create or replace function queue_internal.refuse_cron(cron text, what text)
returns void
language plpgsql immutable
as $$
begin
    raise exception 'cron expression %: %', queue_internal.shown(cron), what
        using errcode = '22023', hint = 'five fields, minute hour day month weekday, such as ''30 2 * * mon-fri''; or '
            '@hourly, @daily, @weekly, @monthly, @yearly, ''@every 90 seconds''';
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
    if cron ~* '^\s*@every\s' then
        begin
            v_read.every := regexp_replace(cron, '^\s*@every\s+', '', 'i')::interval;
        exception
            when data_exception then
                perform queue_internal.refuse_cron(cron, 'no interval follows @every');
        end;
        if not v_read.every between '1 second' and '10 years' then
            perform queue_internal.refuse_cron(cron, 'the interval is not between 1 second and 10 years');
        end if;
        return v_read;
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
    if cardinality(v_fields) <> 5 then
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

create or replace function queue_internal.cron_next(
    read queue_internal.cron,
    timezone text,
    anchored_at timestamptz,
    after timestamptz
)
returns timestamptz
language plpgsql stable
as $$
-- The first fire after an instant; null when there is none within nine years. Where the hour is *, fires follow real
-- time: a clock change neither skips nor repeats one. Else each local time fires once on its day: one that a clock
-- change leaves out is as much later as the clock went forward, one that comes twice fires the second time.
declare
    v_day date := (after at time zone timezone)::date;
    v_next timestamptz;
begin
    if read.every is not null then
        v_next := anchored_at + read.every * greatest(0, floor(
            extract(epoch from after - anchored_at) / extract(epoch from read.every)));
        while v_next <= after loop
            v_next := v_next + read.every;
        end loop;
        return v_next;
    end if;
    for v_ahead in 0 .. 3300 loop
        if not queue_internal.cron_day(read, v_day + v_ahead) then
            continue;
        end if;
        if read.any_hour then
            select min(t.at) into v_next
            from generate_series((v_day + v_ahead)::timestamp at time zone timezone,
                (v_day + v_ahead + 1)::timestamp at time zone timezone - interval '1 minute', '1 minute') as t (at)
            where t.at > after and extract(minute from t.at at time zone timezone)::int = any (read.minutes);
        else
            select min(t.at) into v_next
            from unnest(read.hours) as h (hour)
            cross join unnest(read.minutes) as m (minute)
            cross join lateral (
                select (v_day + v_ahead + make_time(h.hour, m.minute, 0)) at time zone timezone as at) as t
            where t.at > after;
        end if;
        if v_next is not null then
            return v_next;
        end if;
    end loop;
    return null;
end
$$;
