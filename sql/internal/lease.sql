-- Leases: until when, of which jobs, who may end one, and which of them still need a look.

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
    -- True for a row of a waiting lane in this slot that is needed when the slot goes; nothing for another. A set, for
    -- the caller's statement to take it in: there may be 100,000 leases, and nearly all are of claims that were made in
    -- this slot and settled in it, which two searches show.
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
