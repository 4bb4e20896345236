create or replace function queue_internal.take_any(
    taken queue_internal.taken,
    lane bigint,
    request queue_internal.claim_request
)
returns queue_internal.taken
language plpgsql volatile
as $$
-- Takes from a lane whose lock the caller holds, whatever other lanes have.
begin
    return case when request.gate is null then queue_internal.take_lane(taken, lane, request, null, null, null)
        else queue_internal.take_gated_lane(taken, lane, request) end;
end
$$;

create or replace function queue_internal.await_lane(busy queue_internal.outlook, held bigint)
returns bigint
language plpgsql volatile
as $$
-- For a claim that got nothing: waits a little for a lane that others hold, any of the highest priority, since all
-- who wait for the same one would be served one by one; null when it did not get it. It must come after every lane
-- which the claim found empty and holds: in that order no claims wait for each other in a circle. A timeout alone
-- would not do: Postgres measures it by a clock that may be stepped back.
declare
    v_lane bigint := (
        select b.lane
        from unnest(busy.lanes, busy.priorities) as b (lane, priority)
        where b.lane > held is not false
        order by b.priority desc, random()
        limit 1);
begin
    return case when queue_internal.lock_lane(v_lane, interval '150 milliseconds') then v_lane end;
end
$$;

create or replace function queue_internal.take_busy(
    taken queue_internal.taken,
    busy queue_internal.outlook,
    request queue_internal.claim_request
)
returns queue_internal.taken
language plpgsql volatile
as $$
-- Takes from a lane that others held, if nothing was taken yet.
declare
    v_lane bigint;
begin
    if taken.ids is null and busy.lanes is not null then
        v_lane := queue_internal.await_lane(busy, taken.held);
        if v_lane is not null then
            taken.held := v_lane;
            return queue_internal.take_any(taken, v_lane, request);
        end if;
    end if;
    return taken;
end
$$;

create or replace function queue_internal.claim_jobs(
    request queue_internal.claim_request,
    outlook queue_internal.outlook,
    taken queue_internal.taken
)
returns queue_internal.taken
language plpgsql volatile
as $$
-- Goes over the queue's lanes, best first, as a look at them found them. A lane stops where the next one of its
-- priority has an older head, so that order is nearly kept; when others hold lanes, it takes what is free. A round that
-- stopped a lane ends with its priority: what it left comes before all of a lower one. A round that no bound stopped is
-- the last. One that took nothing, and passed no rows which are canceled or of other kinds, after which lanes have
-- other heads, is followed by one without bounds; the eighth is one in any case. Waits for a lane only when it got
-- nothing, and not for long. Adds to what was taken already.
declare
    v_taken queue_internal.taken := taken;
    v_look queue_internal.outlook := outlook;
    v_before int := coalesce(cardinality(taken.ids), 0);
    v_passed int := taken.passed;
    v_busy queue_internal.outlook;
    v_free boolean := request.max_jobs = 1;
begin
    v_taken.busy := v_look.priorities;
    for v_round in 1 .. 8 loop
        if v_round > 1 then
            v_look := queue_internal.look_for(request);
        end if;
        v_free := v_free or v_round = 8;
        v_taken.bounded := false;
        for i in 1 .. coalesce(cardinality(v_look.lanes), 0) loop
            exit when v_taken.bounded and v_look.priorities[i] < v_look.priorities[i - 1];
            if not pg_try_advisory_xact_lock(v_look.lanes[i]) then
                v_busy.lanes := v_busy.lanes || v_look.lanes[i];
                v_busy.priorities := v_busy.priorities || v_look.priorities[i];
                continue;
            end if;
            v_taken.held := greatest(v_taken.held, v_look.lanes[i]);
            if request.gate is not null then
                v_taken := queue_internal.take_gated_lane(v_taken, v_look.lanes[i], request);
            else
                v_taken := queue_internal.take_lane(v_taken, v_look.lanes[i], request,
                    case when not v_free and v_look.priorities[i + 1] = v_look.priorities[i] then v_look.ready_at[i + 1] end,
                    v_look.ids[i + 1], v_look.ids[1] + request.max_jobs);
            end if;
            if cardinality(v_taken.ids) = request.max_jobs then
                return v_taken;
            end if;
        end loop;
        exit when request.gate is null and not v_taken.bounded;
        if v_before = coalesce(cardinality(v_taken.ids), 0)
            and (v_taken.passed is not distinct from v_passed or v_taken.passed >= 4000)
        then
            exit when request.gate is not null or v_taken.passed >= 4000;
            v_free := true;
        end if;
        v_before := coalesce(cardinality(v_taken.ids), 0);
        v_passed := v_taken.passed;
    end loop;
    return queue_internal.take_busy(v_taken, v_busy, request);
end
$$;

create or replace function queue_internal.job_of(
    slot int,
    lane bigint,
    xid xid8,
    id bigint,
    token bigint,
    lease_end timestamptz
)
returns setof queue.claimed_job
language sql stable
as $$
    -- What a worker is given of a job that was taken. A delivery again finds its job's body in its own slot.
    select d.job_id, job_of.token, d.attempt::int, d.max_attempts::int, d.kind,
        coalesce(d.payload, (d.body).payload), case when d.payload is null then (d.body).headers else d.headers end,
        d.priority::int, d.group_key, d.enqueued_at, job_of.lease_end
    from (
        select i.*, case when i.payload is null then queue_internal.body(i.job_id) end as body
        from queue_internal.delivery as i
        where i.slot = job_of.slot and i.lane = job_of.lane and i.xid = job_of.xid and i.id = job_of.id
        offset 0  -- or it is asked for once for each column
    ) as d
$$;

create or replace function queue_internal.jobs_of(taken queue_internal.taken, lease_end timestamptz)
returns setof queue.claimed_job
language sql stable
as $$
    -- The same of many, highest priority first, then oldest.
    select j.*
    from unnest((jobs_of.taken).slots, (jobs_of.taken).lanes, (jobs_of.taken).xids, (jobs_of.taken).ids,
        (jobs_of.taken).tokens) as t (slot, lane, xid, id, token)
    cross join lateral queue_internal.job_of(t.slot, t.lane, t.xid, t.id, t.token, jobs_of.lease_end) as j
    order by j.priority desc, j.job_id
$$;

create or replace function queue_internal.runs_of(taken queue_internal.taken, lease_end timestamptz)
returns setof queue.claimed_job
language sql stable
as $$
    -- The same where what each claim row names lies together: a scan for each instead of a search for each job.
    -- Between the first and the last may be some that it does not name. In brackets, or the planner makes a join of
    -- it.
    select d.job_id, r.token, d.attempt::int, d.max_attempts::int, d.kind,
        coalesce(d.payload, (d.body).payload), case when d.payload is null then (d.body).headers else d.headers end,
        d.priority::int, d.group_key, d.enqueued_at, runs_of.lease_end
    from (
        select t.lanes[e.last] as lane, t.tokens[e.last] as token, t.xids[e.first] as first_xid, t.ids[e.first] as first_id,
            t.xids[e.last] as last_xid, 1 + e.last - e.first as jobs
        from (select (runs_of.taken).*) as t
        cross join lateral (
            select u.last, 1 + coalesce(lag(u.last) over (order by u.last), 0) as first from unnest(t.ends) as u (last)
        ) as e
        offset 0
    ) as r
    cross join lateral (
        select i.*, case when i.payload is null then queue_internal.body(i.job_id) end as body
        from queue_internal.delivery as i
        where i.lane = r.lane and i.slot < 3 and (i.xid, i.id) >= (r.first_xid, r.first_id)
            and i.xid <= r.last_xid and (i.id in (select unnest((runs_of.taken).ids))) is true
        order by i.xid, i.id  -- not up to (last_xid, last_id): with two bounds Postgres 15 begins at the lane's first row
        limit r.jobs
    ) as d
    order by d.priority desc, d.job_id
$$;
