-- Why a job that could run does not, for explain().

create or replace function queue_internal.explain_gate(
    latest queue_internal.delivery,
    options queue_internal.queue,
    out reason text,
    out detail text
)
language plpgsql volatile
as $$
-- Which limit keeps a job that is due from starting: its group's, its queue's, or that of retries; null for none.
declare
    v_now timestamptz := queue.now();
    v_gate queue_internal.gate;
    v_room record;
    v_held bigint[];
    v_retries double precision;
begin
    for v_gate in
        select g.*
        from unnest(array[latest.group_key, '']) with ordinality as k (group_key, rank)
        cross join lateral queue_internal.gate_of(latest.queue, k.group_key) as g
        where k.group_key is not null
        order by k.rank
    loop
        -- What was settled since the last claim leaves room already, and no job keeps itself waiting.
        v_held := array(
            select h.job_id
            from queue_internal.held as h
            where h.queue = v_gate.queue and (h.group_key = v_gate.group_key or v_gate.group_key = '' and h.token <> 0)
                and h.job_id <> latest.job_id
                and (select a.job_id from queue_internal.settled as a
                    where a.lease_token = h.token and a.job_id = h.job_id limit 1) is null
            order by h.job_id);
        v_gate.in_flight := cardinality(v_held);
        v_room := queue_internal.room(v_gate, options, v_now);
        if v_room.jobs = 0 then
            reason := v_room.reason_code;
            detail := case reason
                when 'KEY_BUSY' then format('job %s of key %L is running or waits to be retried', v_held[1], v_gate.group_key)
                when 'IN_FLIGHT_EXCEEDED' then format('%s jobs of %s are running, as many as may', v_gate.in_flight,
                    case v_gate.group_key when '' then 'queue ' || quote_literal(v_gate.queue)
                        else 'group ' || quote_literal(v_gate.group_key) end)
                else format('jobs of %s have started as often as they may; again at about %s',
                    case v_gate.group_key when '' then 'queue ' || quote_literal(v_gate.queue)
                        else 'group ' || quote_literal(v_gate.group_key) end,
                    queue_internal.token_at(v_gate, options, v_now))
            end;
            return;
        end if;
    end loop;
    v_retries := case when latest.attempt > 1 then queue_internal.retry_tokens_at(v_gate, options, v_now) end;
    if v_retries < 1 then
        reason := 'RETRY_RATE_EXCEEDED';
        detail := queue_internal.told_retries(latest.queue,
            v_now + (1 - v_retries) * options.starts_period / options.max_retries);
    end if;
end
$$;

create or replace function queue_internal.told_retries(queue text, at timestamptz)
returns text
language sql immutable
as $$
    select format('retries of queue %L start as often as they may; again at about %s', queue, at)
$$;

create or replace function queue_internal.is_held_back(latest queue_internal.delivery)
returns boolean
language plpgsql stable
as $$
-- Whether a retry that is not due was so before, and was put off by a claim: the limit of retries does that.
declare
    v_before queue_internal.delivery;
begin
    if (queue_internal.options(latest.queue)).max_retries = 0 then
        return false;
    end if;
    select d.* into v_before
    from queue_internal.delivery as d
    where d.job_id = latest.job_id and d.lease_token is null and d.id < latest.id
    order by d.id desc
    limit 1;
    return v_before.attempt = latest.attempt and v_before.lane <> latest.lane
        and v_before.id = any ((queue_internal.claim_for(v_before.lane, v_before.xid, v_before.id)).ids) is not true;
end
$$;

create or replace function queue_internal.claimed_lately(queue text, kind text, routing_key text)
returns timestamptz
language plpgsql volatile
as $$
-- When such jobs, of any kind if it is null, were claimed in the last minute; null for never: from the lane that has no
-- others, or as one of the first twenty of one of the last ten claims of another lane.
declare
    v_after timestamptz := queue.now() - interval '1 minute';
begin
    return (
        select c.claimed_at
        from (
            select distinct k.lane, k.purpose = 'parked' as only_such
            from queue_internal.lane as k
            where k.queue = claimed_lately.queue and (k.purpose in ('ready', 'again', 'throttled')
                or k.purpose = 'parked' and k.kind = claimed_lately.kind
                    and k.routing_key is not distinct from claimed_lately.routing_key)
        ) as l
        cross join lateral (
            select k.claimed_at, (coalesce(k.job_ids, k.ids))[:20] as job_ids
            from queue_internal.claim as k
            where k.lane = l.lane and k.slot < 3 and k.token <> 0
            order by k.number desc
            limit case when l.only_such then 1 else 10 end
        ) as c
        where c.claimed_at > v_after and (l.only_such or exists (
            select from queue_internal.delivery as d
            where d.job_id = any (c.job_ids) and d.lease_token is null
                and (claimed_lately.kind is null or d.kind = claimed_lately.kind)
                and d.routing_key is not distinct from claimed_lately.routing_key))
        limit 1);
end
$$;

create or replace function queue_internal.is_passed_over(latest queue_internal.delivery)
returns boolean
language plpgsql volatile
as $$
-- Whether claims have left a due job without a routing key where it is, maybe for its kind: in the lane of such jobs,
-- or among those that waited for room in their group, which has some, and in an ordered queue nothing before it.
declare
    v_waits queue_internal.throttled;
begin
    select b.* into v_waits from queue_internal.throttled as b where b.id = latest.id;
    if v_waits.id is null then
        return exists (select from queue_internal.lane as l where l.lane = latest.lane and l.purpose = 'parked');
    end if;
    return (queue_internal.gate_of(v_waits.queue, v_waits.group_key)).refilled_at
            > queue.now() - interval '1 minute'
        and (not (queue_internal.options(latest.queue)).ordered or not exists (
            select from queue_internal.throttled as b
            where b.queue = v_waits.queue and b.group_key = v_waits.group_key and b.rank = v_waits.rank
                and b.job_id < v_waits.job_id));
end
$$;

create or replace function queue_internal.explain_ready(latest queue_internal.delivery, out reason text, out detail text)
language plpgsql volatile
as $$
-- Why a job that is due is not running.
declare
    v_options queue_internal.queue := queue_internal.options(latest.queue);
    v_unnamed boolean := v_options.strict_routing and latest.routing_key is null;  -- for claims that name no key
    v_claimed_at timestamptz;
begin
    v_options.name := latest.queue;
    if v_options.paused then
        reason := 'QUEUE_PAUSED';
        detail := format('queue %L is paused', latest.queue);
        return;
    elsif v_options.gated then
        select g.reason, g.detail into reason, detail from queue_internal.explain_gate(latest, v_options) as g;
        if reason is not null then
            return;
        end if;
    end if;
    select nullif(max(c.claimed_at), '-infinity') into v_claimed_at
    from (select distinct l.lane from queue_internal.lane as l
        where l.queue = latest.queue and l.purpose in ('ready', 'again', 'parked', 'throttled')
            and (not v_unnamed or l.routing_key is null and l.purpose <> 'throttled')) as l
    cross join lateral queue_internal.lane_cursor(l.lane) as c;
    if v_unnamed and v_options.gated then  -- what a limit held back is claimed from one place, with keys and without
        v_claimed_at := greatest(v_claimed_at, queue_internal.claimed_lately(latest.queue, null, null));
    end if;
    if latest.routing_key is not null then
        if queue_internal.claimed_lately(latest.queue, latest.kind, latest.routing_key) is null then
            reason := 'NO_WORKER_FOR_ROUTING_KEY';
            detail := format('nobody who names routing key %L has claimed kind %L from queue %L in the last minute',
                latest.routing_key, latest.kind, latest.queue);
        end if;
    elsif queue_internal.is_passed_over(latest)
        and queue_internal.claimed_lately(latest.queue, latest.kind, null) is null
    then
        reason := 'NO_WORKER_FOR_KIND';
        detail := format('workers of queue %L passed it over: nobody has claimed kind %L in the last minute',
            latest.queue, latest.kind);
    end if;
    if reason is null and v_claimed_at > queue.now() - interval '1 minute' then
        reason := 'WAITING_TURN';
        detail := format('jobs of queue %L that come first are claimed; the last claim was at %s', latest.queue,
            v_claimed_at);
    elsif reason is null then
        reason := 'NO_WORKER';
        detail := format('nobody%s has claimed from queue %L %s',
            case when v_unnamed then ' who names no routing key' else '' end, latest.queue,
            coalesce('since ' || v_claimed_at, 'ever'));
    end if;
end
$$;

create or replace function queue_internal.explain_blocked(job_id bigint, out detail text, out hint text)
language plpgsql stable
as $$
-- Which jobs a job waits for, and what can be done when one of them will not succeed.
declare
    v_left bigint;
    v_open text;
    v_failed bigint;
begin
    select count(*), (array_agg(d.parent_id order by d.parent_id) filter (where d.failed))[1],
        array_to_string((array_agg(d.parent_id order by d.failed desc, d.parent_id))[:10], ', ')
    into v_left, v_failed, v_open
    from queue_internal.dependency as d
    where d.job_id = explain_blocked.job_id;
    if queue_internal.parent_state(v_failed) = 'open' then
        v_failed := null;  -- it runs again
    end if;
    select format('waits for %s of %s jobs: %s%s%s', v_left, b.parents, coalesce(v_open, 'none any more'),
        case when v_left > 10 then ', …' end, '; job ' || v_failed || ' is dead or canceled')
    into detail
    from queue_internal.blocked as b
    where b.job_id = explain_blocked.job_id;
    hint := case
        when v_failed is not null then format('select queue.retry(%s), the job that failed; or queue.retry(%s) to wait no longer',
            v_failed, job_id)
        when v_left = 0 then 'the next claim of this queue, or queue.maintain(), makes it ready'
        else format('select queue.explain(%s) tells about the first of them; queue.retry(%s) waits no longer',
            split_part(v_open, ',', 1), job_id)
    end;
end
$$;
