create or replace function queue_internal.shown(value text)
returns text
language sql immutable
as $$
    -- An argument as an error message shows it: quoted, and cut where it is long, for the message goes into the log.
    select quote_nullable(case when length(value) > 200 then left(value, 200) || '…' else value end)
$$;

create or replace function queue_internal.check_name(what text, value text)
returns void
language plpgsql immutable
as $$
-- Queue and kind names: 1 to 200 characters, not blank. Raises 22023.
begin
    if value is null or btrim(value, E' \t\r\n') = '' then
        raise exception '% must not be blank', what
            using errcode = '22023', hint = format('name the %s', what);
    end if;
    if length(value) > 200 then
        raise exception '% is % characters long, at most 200 are allowed', what, length(value)
            using errcode = '22023', hint = format('shorten the %s', what);
    end if;
end
$$;

create or replace function queue_internal.check_key(what text, value text)
returns void
language plpgsql immutable
as $$
begin
    if octet_length(value) > 1024 then
        raise exception '% is % bytes long, at most 1024 are allowed', what, octet_length(value)
            using errcode = '22023', hint = 'use a digest of the long value';
    end if;
    if value = '' then
        raise exception '% must not be empty', what
            using errcode = '22023', hint = 'leave it out instead';
    end if;
end
$$;

create or replace function queue_internal.is_plain_job(
    kind text,
    run_at timestamptz,
    priority int,
    max_attempts int,
    unique_key text,
    group_key text,
    headers jsonb,
    unique_for interval,
    on_conflict text,
    after bigint[],
    on_parent_failure text,
    routing_key text
)
returns boolean
language sql immutable
as $$
    -- Whether check_job can be spared: no options, and a good name; the queue's is, when it has a row. One expression,
    -- which the caller's plan takes in.
    select num_nonnulls(run_at, priority, max_attempts, unique_key, group_key, headers, unique_for, on_conflict, after,
            on_parent_failure, routing_key) = 0
        and ascii(btrim(kind)) > 32 and length(kind) <= 200
$$;

create or replace function queue_internal.check_job(
    queue text,
    kind text,
    run_at timestamptz,
    priority int,
    max_attempts int,
    unique_key text,
    group_key text,
    headers jsonb
)
returns void
language plpgsql immutable
as $$
-- What every enqueue holds its arguments to. Raises 22023.
begin
    perform queue_internal.check_name('queue', queue);
    perform queue_internal.check_name('kind', kind);
    if not isfinite(run_at) then
        raise exception 'run_at must be finite, not %', run_at
            using errcode = '22023', hint = 'leave run_at out to run the job now';
    end if;
    if priority not between -100 and 100 then
        raise exception 'priority % is out of range', priority
            using errcode = '22023', hint = 'use -100 (last) to 100 (first)';
    end if;
    if max_attempts not between 1 and 10000 then
        raise exception 'max_attempts % is out of range', max_attempts
            using errcode = '22023', hint = 'use 1 to 10000';
    end if;
    if jsonb_typeof(headers) <> 'object' then
        raise exception 'headers must be a JSON object, not %', jsonb_typeof(headers)
            using errcode = '22023', hint = 'pass an object of header names and values';
    end if;
    perform queue_internal.check_key('unique_key', unique_key);
    perform queue_internal.check_key('group_key', group_key);
end
$$;

create or replace function queue_internal.check_span(
    what text,
    value interval,
    least_value interval,
    most_value interval
)
returns void
language plpgsql immutable
as $$
begin
    if value < least_value or value > most_value then
        raise exception '% % is out of range', what, value
            using errcode = '22023', hint = format('use %s to %s', least_value, most_value);
    end if;
end
$$;

create or replace function queue_internal.is_plain_claim(
    queue text,
    worker text,
    max_jobs int,
    lease interval,
    routing_keys text[]
)
returns boolean
language sql immutable
as $$
    -- Whether check_claim can be spared; taken in likewise.
    select ascii(btrim(queue)) > 32 and length(queue) <= 200 and ascii(btrim(worker)) > 32 and length(worker) <= 200
        and max_jobs between 1 and 4096 and lease is null and routing_keys is null
$$;

create or replace function queue_internal.check_claim(
    queue text,
    worker text,
    max_jobs int,
    lease interval,
    routing_keys text[]
)
returns void
language plpgsql immutable
as $$
-- What claim_batch holds its arguments to. Raises 22023.
begin
    perform queue_internal.check_name('queue', queue);
    perform queue_internal.check_name('worker', worker);
    if max_jobs is null or max_jobs not between 1 and 4096 then
        raise exception 'max_jobs % is out of range', max_jobs
            using errcode = '22023', hint = 'use 1 to 4096';
    end if;
    perform queue_internal.check_span('lease', lease, '100 milliseconds', '1 year');
    if array_ndims(routing_keys) > 1 or '' = any (routing_keys) or array_position(routing_keys, null) is not null then
        raise exception 'routing_keys must be an array of one dimension without null and empty keys'
            using errcode = '22023', hint = 'leave it out for jobs without a routing key';
    end if;
end
$$;

create or replace function queue_internal.check_unique(unique_key text, unique_for interval, on_conflict text)
returns void
language plpgsql immutable
as $$
-- What an enqueue holds the options of its unique key to. Raises 22023.
begin
    perform queue_internal.check_span('unique_for', unique_for, '1 millisecond', '10 years');
    if on_conflict not in ('keep', 'replace', 'reschedule') then
        raise exception 'unknown on_conflict %', queue_internal.shown(on_conflict)
            using errcode = '22023', hint = 'use keep, replace or reschedule';
    end if;
    if unique_key is null and (unique_for is not null or on_conflict is not null) then
        raise exception '% says nothing without unique_key',
            case when unique_for is not null then 'unique_for' else 'on_conflict' end
            using errcode = '22023', hint = 'pass unique_key, or leave it out';
    end if;
end
$$;

create or replace function queue_internal.check_after(after bigint[], on_parent_failure text)
returns void
language plpgsql immutable
as $$
-- What an enqueue holds the jobs to that its own is to run after. Raises 22023.
begin
    if array_ndims(after) > 1 or array_position(after, null) is not null or cardinality(after) > 100000 then
        raise exception 'after must be at most 100000 job ids'
            using errcode = '22023', hint = 'pass an array of one dimension, without nulls';
    end if;
    if on_parent_failure not in ('cancel', 'run', 'wait') then
        raise exception 'unknown on_parent_failure %', queue_internal.shown(on_parent_failure)
            using errcode = '22023', hint = 'use cancel, run or wait';
    end if;
    if after is null and on_parent_failure is not null then
        raise exception 'on_parent_failure says nothing without after'
            using errcode = '22023', hint = 'pass after, or leave it out';
    end if;
end
$$;
