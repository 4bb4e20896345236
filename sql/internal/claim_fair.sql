create or replace function queue_internal.look_fair(request queue_internal.claim_request)
returns queue_internal.outlook
language plpgsql volatile
as $$
-- As look, for a fair queue: in each priority the turn that was served longest ago comes first. A turn is a group's, or
-- one of as many as its weight, whatever lanes its jobs are in.
declare
    v_outlook queue_internal.outlook;
begin
    select array_agg(h.lane), array_agg(h.priority), array_agg(h.next_at), array_agg(h.next_id), array_agg(h.before),
        array_agg(h.upto), array_agg(h.last_xid), array_agg(h.last_id)
    into v_outlook
    from (
        select l.lane, l.priority, c.*,
            max(c.claimed_at) over (partition by l.priority, l.group_key, l.stripe) as served_at
        from (
            select distinct k.lane, k.priority, k.group_key, k.stripe
            from queue_internal.lane as k
            where k.queue = request.queue and k.rested is null and k.purpose in ('ready', 'again', 'parked')
                and (request.priorities is null or k.priority = any (request.priorities))
                and (k.kind is null or request.kinds is null or k.kind = any (request.kinds))
                and case when k.routing_key is null then request.unrouted else k.routing_key = any (request.routing_keys) end
        ) as l
        left join lateral (
            select k.next_at, k.next_id, case when k.exhausted then k.upto else k.before end as before, k.upto,
                case when k.exhausted then pg_snapshot_xmax(k.upto) else k.last_xid end as last_xid,
                case when k.exhausted then 0 else k.last_id end as last_id, k.claimed_at
            from queue_internal.claim as k
            where k.lane = l.lane and k.slot < 3
            order by k.number desc
            limit 1
        ) as c on true
        order by l.priority desc, served_at nulls first, c.next_at, c.next_id
    ) as h;
    return queue_internal.look_closely(v_outlook, true);
end
$$;

create or replace function queue_internal.is_closed(
    group_key text,
    request queue_internal.claim_request,
    options queue_internal.queue
)
returns boolean
language plpgsql stable
as $$
-- Whether no job of the group that stands in a lane of its own could be taken from there: the group has no room, or has
-- jobs set aside that this worker will be given first (a retry, or one with a unique key, may have to wait).
declare
    v_gate queue_internal.gate := queue_internal.gate_of(options.name, group_key);
begin
    return coalesce((queue_internal.room(v_gate, options, request.at)).jobs <= 0, false)
        or case when v_gate.throttled > 0 then exists (
            select
            from (
                select b.kind, b.routing_key, b.attempt = 1 and not b.keyed as may_start
                from queue_internal.throttled as b
                where b.queue = options.name and b.group_key = is_closed.group_key
                order by b.rank, b.job_id
                limit 100
            ) as b
            where b.may_start and queue_internal.serves(request, b.kind, b.routing_key)) else false end;
end
$$;

create or replace function queue_internal.drop_closed(outlook queue_internal.outlook, request queue_internal.claim_request)
returns queue_internal.outlook
language plpgsql volatile
as $$
-- Passes over lanes whose group is full, in a fair queue with limits: what stands in them would only be set aside, a
-- thousand jobs at a time, while other groups' claims wait for it. Each of them is read when its group has room.
declare
    v_options queue_internal.queue := queue_internal.options(request.queue);
    v_closed text[];
begin
    if not queue_internal.limits_groups(v_options) then
        return outlook;
    end if;
    v_options.name := request.queue;
    v_closed := array(
        select k.group_key
        from (
            select distinct l.group_key
            from queue_internal.lane as l
            where l.queue = request.queue and l.purpose in ('ready', 'parked') and l.lane = any (outlook.lanes)
                and l.group_key is not null
            offset 0
        ) as k
        where queue_internal.is_closed(k.group_key, request, v_options));
    if v_closed = '{}' then
        return outlook;
    end if;
    perform queue_internal.tell_groups(v_closed, v_options, request.at);
    select array_agg(o.lane order by o.place), array_agg(o.priority order by o.place),
        array_agg(o.ready_at order by o.place), array_agg(o.id order by o.place), null::pg_snapshot[],
        null::pg_snapshot[], null::xid8[], null::bigint[]
    into outlook
    from unnest(outlook.lanes, outlook.priorities, outlook.ready_at, outlook.ids) with ordinality
        as o (lane, priority, ready_at, id, place)
    where o.lane not in (
        select l.lane from queue_internal.lane as l where l.queue = request.queue and l.group_key = any (v_closed));
    return outlook;
end
$$;

create or replace function queue_internal.claim_fair(
    request queue_internal.claim_request,
    taken queue_internal.taken default null
)
returns queue_internal.taken
language plpgsql volatile
as $$
-- As claim_jobs, for a queue whose groups have lanes of their own: the lane that was served longest ago comes first,
-- and each has an equal share of what was asked for, in as many rounds as it takes. What some have not, others get. A
-- lower priority comes when no lane of a higher one gave all of its share.
declare
    v_taken queue_internal.taken := taken;
    v_one queue_internal.claim_request := request;
    v_look queue_internal.outlook;
    v_have int := coalesce(cardinality(taken.ids), 0);
    v_before int;
    v_share int;
    v_more boolean;
    v_busy queue_internal.outlook;
begin
    for v_round in 1 .. 8 loop
        v_look := queue_internal.look_fair(request);
        if v_round = 1 then
            v_taken.busy := v_look.priorities;
        end if;
        if request.gate is not null then
            v_look := queue_internal.drop_closed(v_look, request);
        end if;
        v_before := v_have;
        v_more := false;
        for i in 1 .. coalesce(cardinality(v_look.lanes), 0) loop
            if v_look.priorities[i] is distinct from v_look.priorities[i - 1] then
                exit when v_more;
                v_share := case when v_round < 8 then ceil((request.max_jobs - v_have)::numeric
                    / cardinality(array_positions(v_look.priorities, v_look.priorities[i]))) else request.max_jobs end;
            end if;
            if not pg_try_advisory_xact_lock(v_look.lanes[i]) then
                v_busy.lanes := v_busy.lanes || v_look.lanes[i];
                v_busy.priorities := v_busy.priorities || v_look.priorities[i];
                continue;
            end if;
            v_taken.held := greatest(v_taken.held, v_look.lanes[i]);
            v_one.max_jobs := least(v_have + v_share, request.max_jobs);
            v_taken := queue_internal.take_any(v_taken, v_look.lanes[i], v_one);
            v_have := coalesce(cardinality(v_taken.ids), 0);
            if v_have = request.max_jobs then
                return v_taken;
            end if;
            -- A lane that came up short before its end has passed over jobs of other kinds: more may stand behind them.
            v_more := v_more or v_have = v_one.max_jobs
                or request.gate is null and not coalesce((queue_internal.lane_cursor(v_look.lanes[i])).exhausted, true);
        end loop;
        exit when v_before = v_have and not v_more;
    end loop;
    return queue_internal.take_busy(v_taken, v_busy, request);
end
$$;
