create or replace function queue_internal.explain_gate(
    latest queue_internal.delivery,
    options queue_internal.queue,
    out reason text,
    out detail text
)
language plpgsql volatile
as $$
-- Which limit keeps a job that is due from starting: its group's when a claim has passed it over, else its queue's; null
-- for none.
declare
    v_now timestamptz := clock_timestamp();
    v_gate queue_internal.gate;
    v_room record;
    v_held bigint[];
begin
    for v_gate in
        select g.*
        from unnest(array[case when exists (select from queue_internal.throttled as b where b.id = latest.id)
            then latest.group_key end, '']) with ordinality as k (group_key, rank)
        cross join lateral queue_internal.gate_of(latest.queue, k.group_key) as g
        where k.group_key is not null
        order by k.rank
    loop
        -- What was settled since the last claim leaves room already.
        v_held := array(
            select h.job_id
            from queue_internal.held as h
            where h.queue = v_gate.queue and (h.group_key = v_gate.group_key or v_gate.group_key = '' and h.token <> 0)
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
    if v_options.gated and not v_options.paused then
        select g.reason, g.detail into reason, detail from queue_internal.explain_gate(latest, v_options) as g;
        if reason is not null then
            return;
        end if;
    end if;
    select max(c.claimed_at) into v_claimed_at
    from (select distinct l.lane from queue_internal.lane as l
        where l.queue = latest.queue and l.purpose in ('ready', 'again', 'parked', 'throttled')
            and (l.routing_key is null or not v_unnamed)) as l
    cross join lateral queue_internal.lane_cursor(l.lane) as c;
    if v_options.paused then
        reason := 'QUEUE_PAUSED';
        detail := format('queue %L is paused', latest.queue);
    elsif latest.routing_key is not null
        and not exists (
            select from (select distinct l.lane from queue_internal.lane as l
                where l.queue = latest.queue and l.purpose = 'parked' and l.routing_key = latest.routing_key
                    and l.kind = latest.kind) as l
            cross join lateral (select c.claimed_at from queue_internal.claim as c
                where c.lane = l.lane and c.slot < 3 and c.token <> 0
                order by c.number desc limit 1) as c
            where c.claimed_at > clock_timestamp() - interval '1 minute')
    then
        reason := 'NO_WORKER_FOR_ROUTING_KEY';
        detail := format('nobody who names routing key %L has claimed kind %L from queue %L in the last minute',
            latest.routing_key, latest.kind, latest.queue);
    elsif latest.routing_key is null and exists (
        select from queue_internal.lane as l where l.lane = latest.lane and l.purpose = 'parked'
    ) then
        reason := 'NO_WORKER_FOR_KIND';
        detail := format('workers of queue %L passed it over: they do not know kind %L', latest.queue, latest.kind);
    elsif v_claimed_at > clock_timestamp() - interval '1 minute' then
        reason := 'WAITING_TURN';
        detail := format('jobs of queue %L that come first are claimed; the last claim was at %s', latest.queue,
            v_claimed_at);
    else
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

create or replace function queue.explain(job_id bigint)
returns table (state text, reason text, detail text, hint text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- One row, or none for an unknown id. The hint of a job that failed depends on its last error code. Reasons: QUEUE_PAUSED,
-- NO_WORKER, NO_WORKER_FOR_KIND, NO_WORKER_FOR_ROUTING_KEY, WAITING_TURN, IN_FLIGHT_EXCEEDED, RATE_EXCEEDED, KEY_BUSY, SCHEDULED, BLOCKED, RETRY_WAIT,
-- RUNNING, LEASE_EXPIRED, PARENT_FAILED, ENDED, and the reason codes of the dead letters.
declare
    v_at record;
    v_until timestamptz;
    v_dead queue_internal.dead_letter;
    v_last record;
    v_parent bigint := (select b.failed_parent from queue_internal.blocked as b where b.job_id = explain.job_id);
begin
    select * into v_at from queue_internal.standing(job_id);
    state := v_at.state;
    if state is null then
        return;
    elsif state = 'ready' then
        select r.reason, r.detail into reason, detail from queue_internal.explain_ready(v_at.latest) as r;
        hint := case reason
            when 'QUEUE_PAUSED' then format('select queue.resume_queue(%L)', (v_at.latest).queue)
            when 'NO_WORKER' then 'start a worker for this queue'
            when 'IN_FLIGHT_EXCEEDED' then 'it starts when one of them ends; queue.configure_queue() changes the limit'
            when 'RATE_EXCEEDED' then 'queue.configure_queue() changes the limit'
            when 'KEY_BUSY' then 'it starts when that job has ended; queue.explain() says why it has not'
            when 'NO_WORKER_FOR_ROUTING_KEY' then format('start a worker that names routing key %L', (v_at.latest).routing_key)
            when 'NO_WORKER_FOR_KIND' then 'start a worker that has a handler for this kind'
        end;
    elsif state = 'blocked' then
        reason := 'BLOCKED';
        select b.detail, b.hint into detail, hint from queue_internal.explain_blocked(job_id) as b;
    elsif state in ('scheduled', 'retrying') then
        reason := case state when 'scheduled' then 'SCHEDULED' else 'RETRY_WAIT' end;
        select a.error_code, a.error_message into v_last
        from queue_internal.attempt as a
        where a.job_id = explain.job_id and a.job_id > 0 and a.error_code is not null
        order by a.finished_at desc
        limit 1;
        detail := concat_ws(': ', format('due at %s', (v_at.latest).due_at), v_last.error_code, v_last.error_message);
        hint := concat_ws('; ', case when state = 'retrying' then queue_internal.advice(v_last.error_code) end,
            format('select queue.retry(%s) makes it ready now', job_id));
    elsif state = 'running' then
        v_until := queue_internal.leased_until(v_at.claim, job_id);
        reason := case when v_until < clock_timestamp() then 'LEASE_EXPIRED' else 'RUNNING' end;
        detail := format('with worker %L since %s, leased until %s', (v_at.claim).worker, (v_at.claim).claimed_at,
            v_until);
        hint := case reason when 'LEASE_EXPIRED' then 'the next claim of this queue, or queue.maintain(), ends it' end;
    elsif state = 'dead' then
        select d.* into v_dead from queue_internal.dead_letter as d where d.job_id = explain.job_id;
        reason := coalesce(v_dead.reason_code, 'ENDED');
        detail := concat_ws(': ', v_dead.error_code, v_dead.error_message);
        hint := concat_ws('; then ', queue_internal.advice(v_dead.error_code), format('select queue.retry(%s)', job_id));
    elsif state = 'canceled' and v_parent is not null then
        reason := 'PARENT_FAILED';
        detail := format('canceled because job %s is dead or canceled', v_parent);
        hint := format('select queue.retry(%s) runs it all the same', job_id);
    else
        reason := 'ENDED';
        detail := state;
    end if;
    return next;
end
$$;
comment on function queue.explain(bigint) is
    'Why a job is not running, or what it is doing: state, reason code, detail, and what can be done about it';
