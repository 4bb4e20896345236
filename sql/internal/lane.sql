create or replace function queue_internal.lane_id(
    purpose text,
    queue text,
    priority int,
    stripe int,
    kind text
)
returns bigint
language plpgsql immutable
as $$
-- 60 bits of a digest: the same for everybody, on every machine and version, without asking a table.
begin
    return ('x' || left(md5(concat_ws(E'\x1f', purpose, queue, priority, stripe, kind)), 15))::bit(60)::bigint;
end
$$;

create or replace function queue_internal.ensure_lane(
    purpose text,
    queue text,
    priority int default 0,
    stripe int default 0,
    kind text default null,
    routing_key text default null,
    group_key text default null
)
returns bigint
language plpgsql volatile
as $$
-- The lane's id; lists the lane when nobody whom this transaction can see has. Never waits for another session.
declare
    v_lane bigint := queue_internal.lane_id(
        purpose || case when num_nonnulls(routing_key, group_key) > 0 then ' for' else '' end, queue, priority, stripe,
        case when num_nonnulls(routing_key, group_key) = 0 then kind
            else jsonb_build_array(kind, routing_key, group_key)::text end);
begin
    if not exists (
        select from queue_internal.lane as l
        where l.queue = ensure_lane.queue and l.purpose = ensure_lane.purpose
            and l.priority = ensure_lane.priority and l.stripe = ensure_lane.stripe and l.lane = v_lane and not l.dropped and l.rested is null
    ) then
        insert into queue_internal.lane (lane, purpose, queue, priority, stripe, kind, routing_key,
            group_key)
        values (v_lane, ensure_lane.purpose, ensure_lane.queue, ensure_lane.priority,
            ensure_lane.stripe, ensure_lane.kind, ensure_lane.routing_key, ensure_lane.group_key);
        if purpose in ('ready', 'again', 'parked') then
            perform queue_internal.notify(queue);  -- nobody could arm the bell of a priority that had no lane
        end if;
    end if;
    return v_lane;
end
$$;

create or replace function queue_internal.fair_lanes(
    options queue_internal.queue,
    queue text,
    priority int,
    group_key text,
    purpose text default 'ready',
    kind text default null,
    routing_key text default null
)
returns bigint[]
language plpgsql volatile
as $$
-- The lanes of a group of a fair queue: as many as its weight, so that it has as many turns.
begin
    return array(
        select queue_internal.ensure_lane(fair_lanes.purpose, fair_lanes.queue, fair_lanes.priority, w.stripe, fair_lanes.kind,
            fair_lanes.routing_key, fair_lanes.group_key)
        from generate_series(0, coalesce((options.fair_weights ->> fair_lanes.group_key)::int, 1) - 1) as w (stripe));
end
$$;

create or replace function queue_internal.due_lane(
    queue text,
    priority int,
    kind text,
    routing_key text,
    group_key text,
    parks boolean default false
)
returns bigint
language plpgsql volatile
as $$
-- The lane where a job that becomes due, or comes back from a worker, is found by the next claim; parks: by one that
-- knows its kind. Whatever a group of a fair queue has waits in lanes of its own.
declare
    v_options queue_internal.queue;
    v_lanes bigint[];
begin
    if group_key is not null then
        v_options := queue_internal.options(queue);
        if not v_options.fair then
            group_key := null;
        end if;
    end if;
    parks := parks or routing_key is not null;
    if group_key is null then
        return case when parks then queue_internal.ensure_lane('parked', queue, priority, 0, kind, routing_key)
            else queue_internal.ensure_lane('again', queue, priority) end;
    end if;
    v_lanes := queue_internal.fair_lanes(v_options, queue, priority, group_key,
        case when parks then 'parked' else 'ready' end, case when parks then kind end, routing_key);
    return v_lanes[1 + floor(random() * cardinality(v_lanes))::int];
end
$$;

create or replace function queue_internal.lock_lane(lane bigint, patience interval)
returns boolean
language plpgsql volatile
as $$
-- Takes the lane's lock until the end of the transaction, waiting at most patience; false when somebody holds it.
-- Bounded, because the holder may be a transaction that stays open for hours; and shorter than deadlock_timeout,
-- because the caller may hold another lane.
declare
    v_before text := current_setting('lock_timeout');
begin
    if pg_try_advisory_xact_lock(lane) then
        return true;
    end if;
    begin
        perform set_config('lock_timeout', ceil(extract(epoch from patience) * 1000)::text, true);
        perform pg_advisory_xact_lock(lane);
        perform set_config('lock_timeout', v_before, true);
        return true;
    exception
        when lock_not_available then
            return false;
    end;
end
$$;

create or replace function queue_internal.need_lane(lane bigint, patience interval, claimed text)
returns void
language plpgsql volatile
as $$
-- The same for one who cannot do without. claimed: what the holder does, as the error says it. Errors: 55P03.
begin
    if not queue_internal.lock_lane(lane, patience) then
        raise exception '% by an open transaction', claimed
            using errcode = '55P03', hint = 'try again; claims should commit at once';
    end if;
end
$$;
