create or replace function queue_internal.serves(
    request queue_internal.claim_request,
    kind text,
    routing_key text
)
returns boolean
language sql immutable
as $$
    -- Whether the claim is for such jobs.
    select coalesce((request.kinds is null or kind = any (request.kinds))
        and case when routing_key is null then request.unrouted else routing_key = any (request.routing_keys) end, false)
$$;

create or replace function queue_internal.startable(
    gate queue_internal.gate,
    max_jobs int,
    max_retries int,
    request queue_internal.claim_request,
    options queue_internal.queue
)
returns setof queue_internal.throttled
language plpgsql volatile
as $$
-- The first jobs of a group that waited for room and may start. Retries that are too many are passed over, unless their
-- key waits for them. In an ordered queue the first job holds the others back, also from a worker that does not know
-- its kind.
declare
    v_blocks boolean := options.ordered and options.retry_blocks;
begin
    return query
    select (o.job).*
    from (
        select f.job, f.late
        from (
            select n as job, n.rank, n.job_id, coalesce(n.attempt > 1 and max_retries < count(*) filter (where n.attempt > 1)
                over (order by n.rank, n.job_id rows unbounded preceding), false) as late
            from queue_internal.throttled as n
            where n.queue = gate.queue and n.group_key = gate.group_key
                and (options.ordered or queue_internal.serves(request, n.kind, n.routing_key))
            order by n.rank, n.job_id
        ) as f
        where v_blocks or not f.late
        order by f.rank, f.job_id
        limit max_jobs
    ) as o
    where not o.late and queue_internal.serves(request, (o.job).kind, (o.job).routing_key)
        and (not (o.job).keyed
            or queue_internal.try_hold_key((o.job).job_id, (queue_internal.latest((o.job).job_id)).revision));
end
$$;

create or replace function queue_internal.retry_waits(
    gate queue_internal.gate,
    request queue_internal.claim_request,
    options queue_internal.queue
)
returns timestamptz
language plpgsql volatile
as $$
-- For a group of which retries were too many, records that. From when it is worth another look: now, when it has other
-- jobs.
declare
    v_first queue_internal.throttled;
    v_queue queue_internal.gate;
begin
    select n.* into v_first
    from queue_internal.throttled as n
    where n.queue = gate.queue and n.group_key = gate.group_key
        and (n.attempt > 1 and queue_internal.serves(request, n.kind, n.routing_key) or options.ordered and options.retry_blocks)
    order by n.rank, n.job_id
    limit 1;
    if v_first.attempt > 1 is not true then
        return null;
    end if;
    perform queue_internal.tell_policy(options.name, '', 'RETRY_RATE_EXCEEDED',
        queue_internal.limit_details(options, '', 'RETRY_RATE_EXCEEDED'));
    if not (options.ordered and options.retry_blocks) and exists (
        select from queue_internal.throttled as n
        where n.queue = gate.queue and n.group_key = gate.group_key and n.attempt = 1)
    then
        return null;
    end if;
    v_queue := queue_internal.gate_of(options.name, '');
    return queue_internal.retry_at(v_queue, options, request.at);
end
$$;

create or replace function queue_internal.take_open_group(
    gate queue_internal.gate,
    max_jobs int,
    max_retries int,
    request queue_internal.claim_request,
    options queue_internal.queue
)
returns setof queue_internal.throttled
language plpgsql volatile
as $$
-- Takes the first jobs of a group that waited for room, as many as there is room for. The group goes behind the other
-- open ones.
declare
    v_most int := least(coalesce((queue_internal.room(gate, options, request.at)).jobs, max_jobs), max_jobs);
    v_jobs queue_internal.throttled[];
    v_ids bigint[];
    v_count int;
    v_not_before timestamptz;
begin
    v_jobs := array(select s from queue_internal.startable(gate, v_most, max_retries, request, options) as s);
    v_count := cardinality(v_jobs);
    -- By the ids alone: the planner, which knows nothing of a group's size, might look for them among all jobs of it.
    v_ids := array(select j.id from unnest(v_jobs) as j);
    delete from queue_internal.throttled as b where b.id = any (v_ids);
    max_retries := max_retries - (select count(*) from unnest(v_jobs) as j where j.attempt > 1);
    if v_count < v_most and max_retries <= 0 then
        v_not_before := queue_internal.retry_waits(gate, request, options);
    end if;
    perform queue_internal.change_gate(gate, options, request.at, v_count, v_count, -v_count, not_before => v_not_before);
    return query select j.* from unnest(v_jobs) as j;
end
$$;

create or replace function queue_internal.put_behind(queue text, groups text[], at timestamptz)
returns void
language sql volatile
as $$
    -- Puts open groups behind the others.
    with old as (
        delete from queue_internal.gate as g
        where g.queue = put_behind.queue and g.group_key = any (put_behind.groups)
        returning g.*
    )
    insert into queue_internal.gate (queue, group_key, number, in_flight, throttled, tokens, retry_tokens, refilled_at, opens_at)
    select o.queue, o.group_key, o.number + 1, o.in_flight, o.throttled, o.tokens, o.retry_tokens, o.refilled_at, put_behind.at
    from old as o
$$;

create or replace function queue_internal.open_groups(
    request queue_internal.claim_request,
    options queue_internal.queue,
    max_groups int
)
returns text[]
language plpgsql volatile
as $$
-- Groups with room, the one that has had none for the longest first: those with jobs among their first hundred that
-- this worker is for, then others, which may have some further behind. When there are very many others, they go behind
-- the rest, so that the next claim looks at that.
declare
    v_open text[];
    v_found text[];
    v_most int;
begin
    foreach v_most in array array[2 * max_groups, 500] loop
        v_open := array(
            select g.group_key
            from queue_internal.gate as g
            where g.queue = request.queue and g.opens_at <= request.at
            order by g.opens_at
            limit v_most);
        v_found := array(
            select g.group_key
            from unnest(v_open) as g (group_key)
            where (
                select true
                from (
                    select n.kind, n.routing_key
                    from queue_internal.throttled as n
                    where n.queue = request.queue and n.group_key = g.group_key
                    order by n.rank, n.job_id
                    limit case when options.ordered then 1 else 100 end
                ) as n
                where queue_internal.serves(request, n.kind, n.routing_key)
                limit 1)
            limit max_groups);
        exit when cardinality(v_found) = max_groups or cardinality(v_open) < v_most;
    end loop;
    if cardinality(v_found) < max_groups and cardinality(v_open) = v_most then
        perform queue_internal.put_behind(request.queue, array(
            select g.group_key from unnest(v_open) as g (group_key) where g.group_key <> all (v_found)), request.at);
    end if;
    return v_found || array(
        select g.group_key from unnest(v_open) as g (group_key) where g.group_key <> all (v_found) limit max_groups);
end
$$;

create or replace function queue_internal.take_open(
    taken queue_internal.taken,
    request queue_internal.claim_request,
    options queue_internal.queue
)
returns queue_internal.taken
language plpgsql volatile
as $$
-- Hands out jobs that waited for room in their group, where there is room now: in turns, the group that has had none
-- for the longest first. At first each has a share; what is left then, the others get.
declare
    v_left int := request.max_jobs - coalesce(cardinality(taken.ids), 0);
    v_before int;
    v_key text;
    v_row record;
    v_keys queue_internal.row_keys;
    v_groups text[];
    v_lanes bigint[];
    v_token bigint;
begin
    v_keys.keyed := false;
    for v_round in 1 .. 8 loop
        exit when v_left = 0;
        v_before := v_left;
        foreach v_key in array queue_internal.open_groups(request, options, 2 * v_left) loop
            exit when v_left = 0;
            for v_row in
                select b.*, d.xid, d.lane
                from queue_internal.take_open_group(queue_internal.gate_of(request.queue, v_key),
                    case v_round when 1 then greatest(v_left / 4, 1) else v_left end, taken.retries, request, options) as b
                cross join lateral (  -- with a limit, or the planner sorts all deliveries to join them
                    select i.xid, i.lane
                    from queue_internal.delivery as i
                    where i.job_id = b.job_id and i.id = b.id and i.slot = b.slot
                    limit 1
                ) as d
                order by b.rank, b.job_id
            loop
                v_keys.slots := v_keys.slots || v_row.slot;
                v_keys.xids := v_keys.xids || v_row.xid;
                v_keys.ids := v_keys.ids || v_row.id;
                v_keys.job_ids := v_keys.job_ids || v_row.job_id;
                v_keys.attempts := v_keys.attempts || v_row.attempt;
                v_keys.keyed := v_keys.keyed or v_row.keyed;
                v_groups := v_groups || v_row.group_key;
                v_lanes := v_lanes || v_row.lane;
                v_left := v_left - 1;
                taken.retries := taken.retries - (v_row.attempt > 1)::int;
            end loop;
        end loop;
        exit when v_left = v_before;
    end loop;
    if v_groups is null then
        return taken;
    end if;
    v_token := queue_internal.file_claim(queue_internal.open_lane(queue_internal.gate_lock(request.queue)), v_keys, request);
    insert into queue_internal.admitted (id, token, job_id, slot)
    select k.id, v_token, k.job_id, k.slot from unnest(v_keys.ids, v_keys.job_ids, v_keys.slots) as k (id, job_id, slot);
    taken.throttled := coalesce(taken.throttled, 0) - cardinality(v_groups);
    return queue_internal.hold(taken, v_keys, v_groups, v_lanes, v_token, request.queue);
end
$$;
