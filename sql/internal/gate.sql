-- Gates: how many jobs of a queue, and of each group of it, may be in flight or start. Whoever changes one holds the
-- gate's lock.

create or replace function queue_internal.gate_lock(queue text)
returns bigint
language sql immutable
as $$
    select queue_internal.lane_id('throttled', queue, 0, 0, null)
$$;

create or replace function queue_internal.limits_groups(options queue_internal.queue)
returns boolean
language sql immutable
as $$
    select options.max_in_flight_per_group > 0 or options.max_starts_per_group > 0 or options.ordered
$$;

create or replace function queue_internal.limits(options queue_internal.queue)
returns boolean
language sql immutable
as $$
    -- Whether the queue has any limit at all.
    select options.max_in_flight > 0 or options.max_starts > 0 or options.max_retries > 0
        or queue_internal.limits_groups(options)
$$;

create or replace function queue_internal.gate_of(queue text, group_key text)
returns queue_internal.gate
language plpgsql stable
as $$
-- The gate of a group, or of the queue ('') as a whole. One that nothing was written of has nothing in flight.
declare
    v_gate queue_internal.gate;
begin
    select g.* into v_gate
    from queue_internal.gate as g
    where g.queue = gate_of.queue and g.group_key = gate_of.group_key
    order by g.number desc
    limit 1;
    if v_gate.number is null then
        v_gate := (gate_of.queue, gate_of.group_key, 0, 0, 0, null, null, null, null, null, null, null)::queue_internal.gate;
    end if;
    return v_gate;
end
$$;

create or replace function queue_internal.gate_limit(
    options queue_internal.queue,
    group_key text,
    out in_flight int,
    out starts_per_second double precision,
    out burst int
)
language plpgsql immutable
as $$
-- What a gate lets through; null where there is no limit. A bucket holds burst starts, by default those of one period.
declare
    v_starts int := case when group_key = '' then options.max_starts else options.max_starts_per_group end;
begin
    if group_key = '' then
        in_flight := nullif(options.max_in_flight, 0);
    else
        in_flight := case when options.ordered then 1 else nullif(options.max_in_flight_per_group, 0) end;
    end if;
    if v_starts > 0 then
        starts_per_second := v_starts / extract(epoch from options.starts_period)::float8;
        burst := coalesce(nullif(
            case when group_key = '' then options.max_starts_burst else options.max_starts_per_group_burst end, 0), v_starts);
    end if;
end
$$;

create or replace function queue_internal.tokens_at(
    gate queue_internal.gate,
    starts_per_second double precision,
    burst int,
    at timestamptz
)
returns double precision
language sql immutable
as $$
    -- What is in the bucket at an instant; a clock that was stepped back adds nothing.
    select least(burst, coalesce(
        gate.tokens + greatest(extract(epoch from at - gate.refilled_at)::float8, 0) * starts_per_second, burst))
$$;

create or replace function queue_internal.retry_tokens_at(
    gate queue_internal.gate,
    options queue_internal.queue,
    at timestamptz
)
returns double precision
language plpgsql immutable
as $$
-- The same of the bucket for retries, which holds those of one period; null without a limit.
begin
    if options.max_retries = 0 then
        return null;
    end if;
    gate.tokens := gate.retry_tokens;
    return queue_internal.tokens_at(gate, options.max_retries / extract(epoch from options.starts_period)::float8,
        options.max_retries, at);
end
$$;

create or replace function queue_internal.retry_at(
    gate queue_internal.gate,
    options queue_internal.queue,
    at timestamptz
)
returns timestamptz
language plpgsql immutable
as $$
-- When the next retry may start, if all that may do now.
declare
    v_tokens double precision := queue_internal.retry_tokens_at(gate, options, at);
begin
    return at + (1 - v_tokens + floor(v_tokens)) * options.starts_period / options.max_retries;
end
$$;

create or replace function queue_internal.room(
    gate queue_internal.gate,
    options queue_internal.queue,
    at timestamptz,
    out jobs int,
    out reason_code text
)
language plpgsql immutable
as $$
-- How many jobs may start now, and which limit it is that lets no more; null for no limit.
declare
    v_limit record := queue_internal.gate_limit(options, gate.group_key);
    v_tokens int := floor(queue_internal.tokens_at(gate, v_limit.starts_per_second, v_limit.burst, at));
begin
    if v_limit.in_flight is not null then
        jobs := greatest(v_limit.in_flight - gate.in_flight, 0);
        reason_code := case when options.ordered and gate.group_key <> '' then 'KEY_BUSY' else 'IN_FLIGHT_EXCEEDED' end;
    end if;
    if v_tokens < jobs or jobs is null and v_tokens is not null then
        jobs := greatest(v_tokens, 0);
        reason_code := 'RATE_EXCEEDED';
    end if;
end
$$;

create or replace function queue_internal.token_at(
    gate queue_internal.gate,
    options queue_internal.queue,
    at timestamptz
)
returns timestamptz
language plpgsql immutable
as $$
-- When the bucket has a token: now, if it has one or there is no limit.
declare
    v_limit record := queue_internal.gate_limit(options, gate.group_key);
    v_lacking double precision := 1 - queue_internal.tokens_at(gate, v_limit.starts_per_second, v_limit.burst, at);
begin
    return case when v_lacking > 0 then at + make_interval(secs => v_lacking / v_limit.starts_per_second) else at end;
end
$$;

create or replace function queue_internal.opens_at(
    gate queue_internal.gate,
    options queue_internal.queue,
    at timestamptz
)
returns timestamptz
language plpgsql immutable
as $$
-- From when a throttled job of the group may start; null while it cannot be told.
begin
    return case
        when gate.group_key = '' or gate.throttled <= 0
            or gate.in_flight >= (queue_internal.gate_limit(options, gate.group_key)).in_flight then null
        else queue_internal.token_at(gate, options, at)
    end;
end
$$;

create or replace function queue_internal.change_gate(
    gate queue_internal.gate,
    options queue_internal.queue,
    at timestamptz,
    started int,
    in_flight int,
    throttled bigint,
    retried int default 0,
    not_before timestamptz default null
)
returns void
language plpgsql volatile
as $$
-- Takes started tokens out of the gate's bucket, and adds to what is in flight and throttled. A group with nothing in flight,
-- nothing throttled and a full bucket needs no row. not_before: when something else than the gate keeps the group from opening.
-- Errors: 40001 for a transaction with an old snapshot.
declare
    v_opens_at timestamptz;
    v_limit record := queue_internal.gate_limit(options, gate.group_key);
    v_number bigint := gate.number;
begin
    delete from queue_internal.gate as g
    where g.queue = gate.queue and g.group_key = gate.group_key and g.number = v_number;
    gate.tokens := queue_internal.tokens_at(gate, v_limit.starts_per_second, v_limit.burst, at) - started;
    if gate.group_key = '' then
        gate.retry_tokens := queue_internal.retry_tokens_at(gate, options, at) - retried;
    end if;
    gate.refilled_at := at;
    gate.in_flight := gate.in_flight + change_gate.in_flight;
    gate.throttled := gate.throttled + change_gate.throttled;
    if gate.group_key <> '' and gate.in_flight <= 0 and gate.throttled = 0 and gate.tokens < v_limit.burst is not true then
        return;
    end if;
    v_opens_at := queue_internal.opens_at(gate, options, at);
    if not_before > v_opens_at then
        v_opens_at := not_before;
    end if;
    insert into queue_internal.gate (queue, group_key, number, in_flight, throttled, tokens, retry_tokens, refilled_at,
        opens_at, recounted_at, recount_token, recount_group)
    values (gate.queue, gate.group_key, v_number + 1, gate.in_flight, gate.throttled, gate.tokens, gate.retry_tokens,
        gate.refilled_at, v_opens_at, gate.recounted_at, gate.recount_token, gate.recount_group)
    on conflict do nothing;
    if not found then
        perform queue_internal.refuse_cursor();
    end if;
end
$$;
