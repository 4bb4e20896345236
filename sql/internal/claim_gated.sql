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
-- Takes the first jobs of a group that waited for room, as many as there is room for. In an ordered queue the first one
-- holds the others back, also from a worker that does not know its kind. The group goes behind the other open ones.
declare
    v_most int := least(coalesce((queue_internal.room(gate, options, request.at)).jobs, max_jobs), max_jobs);
    v_count int;
begin
    return query
    delete from queue_internal.throttled as b
    where b.queue = gate.queue and b.group_key = gate.group_key and (b.rank, b.job_id) in (
            select o.rank, o.job_id
            from (
                select f.rank, f.job_id, f.keyed, f.attempt > 1 as again,
                    count(*) filter (where f.attempt > 1) over (order by f.rank, f.job_id) as retries
                from (
                    select n.rank, n.job_id, n.attempt, n.keyed
                    from queue_internal.throttled as n
                    where n.queue = gate.queue and n.group_key = gate.group_key
                        and (options.ordered or queue_internal.serves(request, n.kind, n.routing_key))
                    order by n.rank, n.job_id
                    limit v_most
                ) as f
            ) as o
            where (not o.again or max_retries is null or o.retries <= max_retries)
                and (not o.keyed or queue_internal.try_hold_key(o.job_id, (queue_internal.latest(o.job_id)).revision)))
        and queue_internal.serves(request, b.kind, b.routing_key)
    returning b.*;
    get diagnostics v_count = row_count;
    perform queue_internal.change_gate(gate, options, request.at, v_count, v_count, -v_count);
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
-- Hands out jobs that waited for room in their group, where there is room now: in turns, the group that has had none for
-- the longest first.
declare
    v_left int := request.max_jobs - coalesce(cardinality(taken.ids), 0);
    v_gate queue_internal.gate;
    v_row record;
    v_keys queue_internal.row_keys;
    v_groups text[];
    v_lanes bigint[];
    v_token bigint;
begin
    v_keys.keyed := false;
    for v_gate in
        select g.*
        from queue_internal.gate as g
        where g.queue = request.queue and g.opens_at <= request.at
        order by g.opens_at
        limit 2 * v_left
    loop
        exit when v_left = 0;
        for v_row in
            select b.*, d.xid, d.lane
            from queue_internal.take_open_group(v_gate, greatest(v_left / 4, 1), taken.retries, request, options) as b
            join queue_internal.delivery as d on d.job_id = b.job_id and d.id = b.id and d.slot = b.slot
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
    if v_groups is null then
        return taken;
    end if;
    v_token := queue_internal.file_claim(queue_internal.open_lane(queue_internal.gate_lock(request.queue)), v_keys, request);
    insert into queue_internal.admitted (id, token, job_id, slot)
    select k.id, v_token, k.job_id, k.slot from unnest(v_keys.ids, v_keys.job_ids, v_keys.slots) as k (id, job_id, slot);
    taken.blocked := coalesce(taken.blocked, 0) - cardinality(v_groups);
    return queue_internal.hold(taken, v_keys, v_groups, v_lanes, v_token, request.queue);
end
$$;

create or replace function queue_internal.claim_gated(request queue_internal.claim_request, held bigint default null)
returns queue_internal.taken
language plpgsql volatile
as $$
-- As claim_jobs, for a queue with limits. Claims of such a queue come one after the other, each until its transaction
-- ends: that is what makes the limits exact. What waited for room and what has not been looked at yet come first in turns;
-- what was set aside only now, behind others of its group that this worker does not know, comes last. held: the greatest lane
-- that this call has locked already.
declare
    v_options queue_internal.queue;
    v_gate queue_internal.gate;
    v_room record;
    v_asked int := request.max_jobs;
    v_ended int;
    v_taken queue_internal.taken;
    v_started int;
    v_retries int;
begin
    if not queue_internal.lock_lane(queue_internal.gate_lock(request.queue), interval '900 milliseconds') then
        return v_taken;
    end if;
    v_options := queue_internal.options(request.queue);
    v_options.name := request.queue;
    v_taken.held := held;
    v_ended := queue_internal.settle_up(request.queue, v_options, clock_timestamp());
    request.gate := request.queue;
    request.priorities := null;
    request.at := clock_timestamp();
    v_gate := queue_internal.gate_of(request.queue, '');
    v_gate.in_flight := v_gate.in_flight - v_ended;
    v_room := queue_internal.room(v_gate, v_options, request.at);
    request.max_jobs := least(v_asked, v_room.jobs);
    v_retries := floor(queue_internal.retry_tokens_at(v_gate, v_options, request.at));
    v_taken.retries := v_retries;
    if request.max_jobs > 0 then
        if v_gate.number % 2 = 0 then
            v_taken := queue_internal.take_open(v_taken, request, v_options);
        end if;
        if coalesce(cardinality(v_taken.ids), 0) < request.max_jobs then
            v_taken := case when request.fair then queue_internal.claim_fair(request, v_taken)
                else queue_internal.claim_jobs(request, v_taken) end;
        end if;
        if coalesce(cardinality(v_taken.ids), 0) < request.max_jobs then
            v_taken := queue_internal.take_open(v_taken, request, v_options);
        end if;
    end if;
    v_started := coalesce(cardinality(v_taken.ids), 0);
    if v_started > 0 or v_ended > 0 or v_taken.blocked <> 0 then
        v_gate.in_flight := v_gate.in_flight + v_ended;
        perform queue_internal.change_gate(v_gate, v_options, request.at, v_started, v_started - v_ended,
            coalesce(v_taken.blocked, 0), v_retries - v_taken.retries);
    end if;
    if v_started = request.max_jobs and v_started < v_asked then
        perform queue_internal.tell_throttled(request, v_options, v_room.reason_code);
    end if;
    return v_taken;
end
$$;
