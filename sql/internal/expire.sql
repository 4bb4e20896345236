create or replace function queue_internal.unsettled(claim_row queue_internal.claim, only_job bigint default null)
returns setof bigint
language plpgsql stable
as $$
-- Jobs of a claim that nobody has settled; only_job alone when it is given.
begin
    if only_job is null then  -- one look at all of them: a receipt is not searched for each job
        return query
        select j.job_id
        from unnest(coalesce(claim_row.job_ids, claim_row.ids)) with ordinality as j (job_id, place)
        where j.job_id not in (select a.job_id from queue_internal.settled as a where a.lease_token = claim_row.token)
        order by j.place;
    elsif not exists (
        select from queue_internal.settled as a where a.lease_token = claim_row.token and a.job_id = only_job
    ) then
        return query
        select j.job_id from unnest(coalesce(claim_row.job_ids, claim_row.ids)) as j (job_id) where j.job_id = only_job;
    end if;
end
$$;

create or replace function queue_internal.leased_until(
    claim_row queue_internal.claim,
    job_id bigint
)
returns timestamptz
language plpgsql stable
as $$
-- The end of a job's lease: the claim's, or what heartbeats made of it.
begin
    return greatest(claim_row.leased_until, (
        select max(d.due_at)
        from queue_internal.delivery as d
        where d.job_id = leased_until.job_id and d.lease_token = claim_row.token));
end
$$;

create or replace function queue_internal.file_lease(
    queue text,
    lease_token bigint,
    job_id bigint,
    due_at timestamptz
)
returns void
language plpgsql volatile
as $$
-- Has a lease looked at when it ends: of one job after a heartbeat, of a whole claim when job_id is null.
begin
    insert into queue_internal.delivery (slot, lane, id, job_id, lease_token, due_at, queue)
    select r.slot, queue_internal.ensure_lane('leases', file_lease.queue), nextval('queue_internal.job_id'),
        file_lease.job_id, file_lease.lease_token, file_lease.due_at, file_lease.queue
    from queue_internal.rotation as r
    where r.singleton;
end
$$;

create or replace function queue_internal.lease_lock(lease_token bigint)
returns bigint
language plpgsql immutable
as $$
-- The advisory lock between heartbeats of a claim, which share it, and its reaper: without it a heartbeat that has
-- answered ok, but commits after the end of the lease, would not be seen.
begin
    return queue_internal.lane_id('lease', '', 0, 0, lease_token::text);
end
$$;

create or replace function queue_internal.hold_lease(lease_token bigint)
returns boolean
language plpgsql volatile
as $$
-- Keeps reapers from a claim until the end of the transaction. Waits for one that is at it, at most 2 seconds.
declare
    v_lock bigint := queue_internal.lease_lock(lease_token);
    v_before text := current_setting('lock_timeout');
begin
    if pg_try_advisory_xact_lock_shared(v_lock) then
        return true;
    end if;
    perform set_config('lock_timeout', '2000', true);
    perform pg_advisory_xact_lock_shared(v_lock);
    perform set_config('lock_timeout', v_before, true);
    return true;
exception
    when lock_not_available then
        return false;
end
$$;

create or replace function queue_internal.reap_job(claim_row queue_internal.claim, job_id bigint)
returns boolean
language plpgsql volatile
as $$
-- Closes an expired attempt as WORKER_LOST, charged. A settle of the same attempt in a transaction that is still
-- open would make the insert wait for it: false after a few milliseconds, and nothing was done.
declare
    v_before text := current_setting('lock_timeout');
begin
    perform set_config('lock_timeout', '10', true);
    perform queue_internal.fail_attempt(claim_row, job_id, 'WORKER_LOST', format('lease of worker %s expired',
        quote_literal(claim_row.worker)), null, false, 'lost');
    perform set_config('lock_timeout', v_before, true);
    return true;
exception
    when lock_not_available then
        return false;
end
$$;

create or replace function queue_internal.expire(check_row queue_internal.delivery, max_jobs int)
returns int
language plpgsql volatile
as $$
-- Looks at a lease whose end has come: reaps what is unsettled and not extended. At most max_jobs jobs; the rest,
-- what could not be reaped now, and a claim whose heartbeat is in an open transaction, are filed again. Returns how many
-- were reaped; null when the claim has receipts and somebody is writing one, for which each of its jobs would wait.
declare
    v_claim queue_internal.claim;
    v_now timestamptz := queue.now();
    v_job bigint;
    v_reaped int := 0;
begin
    select * into v_claim from queue_internal.claim_of(check_row.lease_token);
    if v_claim.lane is null then
        return 0;
    end if;
    if not pg_try_advisory_xact_lock(queue_internal.lease_lock(v_claim.token)) then
        if exists (select from queue_internal.unsettled(v_claim, check_row.job_id)) then
            perform queue_internal.file_lease(check_row.queue, v_claim.token, check_row.job_id,
                v_now + interval '1 second');
        end if;
        return 0;
    end if;
    for v_job in
        select u.job_id
        from queue_internal.unsettled(v_claim, check_row.job_id) as u (job_id)
        where v_claim.leased_until <= v_now and (  -- as leased_until(), but one statement for all
            select d.due_at
            from queue_internal.delivery as d
            where d.job_id = u.job_id and d.lease_token = v_claim.token and d.due_at > v_now
            limit 1) is null
    loop
        if v_reaped >= max_jobs then
            perform queue_internal.file_lease(check_row.queue, v_claim.token, check_row.job_id, v_now);
            exit;
        end if;
        if queue_internal.reap_job(v_claim, v_job) then
            v_reaped := v_reaped + 1;
        elsif v_claim.receipts then
            perform queue_internal.file_lease(check_row.queue, v_claim.token, check_row.job_id, v_now + interval '1 second');
            return null;
        else
            perform queue_internal.file_lease(check_row.queue, v_claim.token, v_job, v_now + interval '1 second');
        end if;
    end loop;
    return v_reaped;
end
$$;

create or replace function queue_internal.open_leases(lane bigint)
returns setof bigint
language sql stable
as $$
    -- Tokens of a lane of leases that are still to be looked at: those ahead of the watermark, and those that it passed
    -- before they were taken in, of claims that were committed late. What was visible in before was taken in.
    -- The sum keeps the planner from the index by time, on which all leases of the last days stand.
    with c as materialized (
        select p.place, coalesce((p.place).due_at, '-infinity') as due_at,
            coalesce((p.place).before, '1:1:'::pg_snapshot) as before
        from (select queue_internal.lane_cursor(open_leases.lane) as place offset 0) as p
    )
    select d.lease_token
    from c
    join queue_internal.delivery as d on d.lane = open_leases.lane and d.slot < 3 and d.due_at >= c.due_at
    union
    select d.lease_token
    from c
    join queue_internal.delivery as d on d.lane = open_leases.lane and d.slot < 3 and d.xid >= pg_snapshot_xmin(c.before)
    where not pg_visible_in_snapshot(d.xid, c.before) and d.due_at + interval '0' < c.due_at
        and not queue_internal.is_consumed(c.place, d.xid, d.id)
$$;

create or replace function queue_internal.needs_look(lease_token bigint, job_id bigint)
returns boolean
language plpgsql stable
set plan_cache_mode = force_generic_plan  -- or each call makes plans for its slot
as $$
-- Whether a lease whose end has not come may need a look then: not when all of the claim is settled, or the job that a
-- heartbeat extended it for. The lease_token 0 is a look at a job that waits for others.
begin
    if lease_token = 0 then
        return true;
    elsif job_id is null then
        return coalesce((
            select count(distinct a.job_id) from queue_internal.settled as a where a.lease_token = needs_look.lease_token
        ) < (
            select cardinality(c.ids) from queue_internal.claim as c where c.token = needs_look.lease_token limit 1
        ), false);
    end if;
    return (
        select a.job_id from queue_internal.settled as a
        where a.lease_token = needs_look.lease_token and a.job_id = needs_look.job_id
        limit 1) is null;
end
$$;

create or replace function queue_internal.is_needed(
    slot int,
    lane bigint,
    id bigint,
    lease_token bigint,
    job_id bigint
)
returns setof boolean
language sql stable
as $$
    -- True for a row of a waiting lane in this slot that is needed when the slot goes; nothing for another. A set, for the
    -- caller's statement to take it in: there may be 100,000 leases, and nearly all are of claims that were made in this slot
    -- and settled in it, which two searches show.
    select true
    where not exists (select from queue_internal.void as v where v.lane = is_needed.lane and v.id = is_needed.id)
        and (is_needed.lease_token is null or case
            when (
                select cardinality(c.ids) from queue_internal.claim as c
                where c.slot = is_needed.slot and c.slot < 3 and c.token = is_needed.lease_token
                limit 1
            ) = (
                select count(*) from queue_internal.attempt as a
                where a.slot = is_needed.slot and a.lease_token = is_needed.lease_token and a.job_id > 0
            ) then false
            else queue_internal.needs_look(is_needed.lease_token, is_needed.job_id) end)
$$;

create or replace function queue_internal.live_leases(leases queue_internal.delivery[])
returns queue_internal.delivery[]
language plpgsql stable
as $$
-- Those of the leases that have ended which need a look, in order; null for none. Nearly all have been settled (what is
-- being kept stands in two slots for a while); of a job with heartbeats another row comes due later. Scalar subqueries: the
-- planner would hash an EXISTS over a whole table.
begin
    return (
        select array_agg(l order by l.due_at, l.id)
        from unnest(leases) as l
        where l.lease_token > 0 and case when l.job_id is null then
            (select count(distinct a.job_id) from queue_internal.settled as a where a.lease_token = l.lease_token)
                < (select cardinality(c.ids) from queue_internal.claim as c where c.token = l.lease_token limit 1)
        else
            (select a.job_id from queue_internal.settled as a
                where a.lease_token = l.lease_token and a.job_id = l.job_id limit 1) is null
            and (select d.id from queue_internal.delivery as d
                where d.job_id = l.job_id and d.lease_token = l.lease_token and d.due_at > queue.now()
                limit 1) is null
        end);
end
$$;

create or replace function queue_internal.count_leases(leases queue_internal.delivery[], max_jobs int)
returns int
language plpgsql stable
as $$
-- How many of the leases, from the first on, have max_jobs unsettled jobs between them; at least one.
begin
    return (
        select count(*) filter (where coalesce(r.jobs_before, 0) < max_jobs)
        from (
            select sum(j.jobs) over (order by j.ordinality rows between unbounded preceding and 1 preceding) as jobs_before
            from (
                select l.ordinality, case when l.job_id is not null then 1
                    else cardinality((queue_internal.claim_of(l.lease_token)).ids)
                        - (select count(distinct a.job_id) from queue_internal.settled as a where a.lease_token = l.lease_token)
                    end as jobs
                from unnest(leases) with ordinality as l
            ) as j
        ) as r);
end
$$;

create or replace function queue_internal.expire_all(
    leases queue_internal.delivery[],
    max_jobs int,
    file_rest boolean,
    out looked_at int,
    out stopped_at timestamptz,
    out stopped_id bigint
)
language plpgsql volatile
as $$
-- Looks at leases that have ended, the first ones, until max_jobs jobs were reaped: each costs a subtransaction. What is left
-- then is filed again with file_rest; without, stopped_at and stopped_id say which row was the last. Rows with the
-- lease_token 0 are looks at jobs that wait for others: one look at each does, and to look twice does no harm.
-- Goes by token and by the claim's order, as settlements do: so none of them waits for this one while it waits for them.
-- The timeout that would part them (reap_job) is measured by a clock that may be stepped back.
declare
    v_live queue_internal.delivery[];
    v_count int;
    v_row queue_internal.delivery;
    v_done int;
    v_stuck bigint;
    v_reaped int := 0;
begin
    select count(queue_internal.look_at_blocked(j.job_id, j.queue)) into looked_at
    from (select distinct l.job_id, l.queue from unnest(leases) as l where l.lease_token = 0) as j;
    v_live := queue_internal.live_leases(leases);
    if v_live is null then
        return;
    end if;
    v_count := queue_internal.count_leases(v_live, max_jobs);
    for v_row in
        select l.*
        from unnest(v_live[:v_count]) as l
        cross join lateral queue_internal.claim_of(l.lease_token) as c
        order by l.lease_token, array_position(coalesce(c.job_ids, c.ids), l.job_id) nulls first, l.id
    loop
        if v_row.lease_token = v_stuck then
            perform queue_internal.file_lease(v_row.queue, v_stuck, v_row.job_id, queue.now() + interval '1 second');
            continue;
        end if;
        v_done := queue_internal.expire(v_row, max_jobs - v_reaped);
        v_reaped := v_reaped + coalesce(v_done, 0);
        v_stuck := case when v_done is null then v_row.lease_token end;
        looked_at := looked_at + 1;
    end loop;
    if v_count = cardinality(v_live) then
        return;
    elsif not file_rest then
        stopped_at := v_live[v_count].due_at;
        stopped_id := v_live[v_count].id;
        return;
    end if;
    foreach v_row in array v_live[v_count + 1:] loop
        perform queue_internal.expire(v_row, 0);
        looked_at := looked_at + 1;
    end loop;
end
$$;
