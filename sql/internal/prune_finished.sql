-- A queue whose retention_finished is shorter than the ring's, which is the longest of all retentions: its jobs that
-- have ended are deleted one by one, a bounded share at each call, behind everything that claims read. Attempts and
-- claims stay until their slot is truncated: without an attempt its job would be taken for running.

create or replace function queue_internal.short_queues()
returns table (queue text, retention interval, archive boolean)
language sql stable
as $$
    with ring as materialized (select 2 * queue_internal.slot_age() as retention)
    select l.queue, o.retention_finished, o.archive
    from ring as r
    cross join (select distinct k.queue from queue_internal.lane as k where not k.dropped) as l
    cross join lateral (
        select q.* from queue_internal.queue as q where q.name in (l.queue, '') order by q.name desc limit 1
    ) as o
    where o.retention_finished < r.retention
$$;

create or replace function queue_internal.forget(jobs queue_internal.ended_jobs, archive boolean)
returns int
language plpgsql volatile
as $$
-- Deletes, and archives before, jobs that have ended with these deliveries; returns how many. Not those that are being
-- made ready again, or were (who revives a job locks the row that marks its end; so does this); that others wait for;
-- of which a delivery is void that nobody has passed over yet, for whoever does must find both; and those that an
-- enqueue has changed by their unique key, of which an older delivery may still wait.
declare
    v_held bigint[] := array(
        select c.job_id from queue_internal.canceled as c
        where c.job_id = any (jobs.job_ids)
        order by c.job_id
        for update skip locked)
        || array(
        select a.job_id
        from unnest(jobs.job_ids, jobs.tokens) as j (job_id, token)
        join queue_internal.attempt as a on a.lease_token = j.token and a.job_id = j.job_id
        where a.outcome = 'skipped'
        for update of a skip locked);
    v_gone bigint[] := array(  -- a new snapshot: what was revived meanwhile is seen
        select j.job_id
        from unnest(jobs.job_ids, jobs.ids, jobs.outcomes) as j (job_id, id, outcome)
        where (j.outcome = 'succeeded' or j.job_id = any (v_held))
            and exists (select from queue_internal.delivery as d where d.job_id = j.job_id)
            and not exists (
                select from queue_internal.delivery as d
                where d.job_id = j.job_id and d.lease_token is null and (d.id > j.id or d.revision is not null
                    or exists (select from queue_internal.void as v where v.lane = d.lane and v.id = d.id)))
            and not exists (select from queue_internal.dependency as p where p.parent_id = j.job_id));
    v_job bigint;
begin
    v_gone := queue_internal.hold_jobs(v_gone);
    if archive then
        foreach v_job in array v_gone loop
            perform queue_internal.archive_job(v_job);
        end loop;
    end if;
    delete from queue_internal.delivery as d where d.job_id = any (v_gone) and d.lease_token is null;
    return cardinality(v_gone);
end
$$;

create or replace function queue_internal.ended_of(claim_row queue_internal.claim, before timestamptz)
returns table (job_id bigint, id bigint, outcome queue_internal.outcome)
language plpgsql stable
as $$
-- Jobs of a claim that ended before that time. What succeeded by a receipt has no row of its own; "is true" keeps the
-- planner from a join, by which a receipt would be searched for each job.
begin
    return query
    select j.job_id, j.id, coalesce((
        select a.outcome from queue_internal.attempt as a
        where a.lease_token = claim_row.token and a.job_id = j.job_id
        limit 1), 'succeeded')
    from unnest(coalesce(claim_row.job_ids, claim_row.ids), claim_row.ids) as j (job_id, id)
    where (j.job_id in (
        select k.job_id from queue_internal.settled as k
        where k.lease_token = claim_row.token and k.finished_at < ended_of.before
            and k.outcome in ('succeeded', 'skipped', 'canceled'))) is true;
end
$$;

create or replace function queue_internal.ended_between(lane bigint, after bigint, upto bigint, before timestamptz)
returns queue_internal.ended_jobs
language plpgsql stable
as $$
-- Jobs of a lane's claims with these numbers that ended before that time.
begin
    return (
        select row(array_agg(e.job_id), array_agg(e.id), array_agg(c.token), array_agg(e.outcome))::queue_internal.ended_jobs
        from queue_internal.claim as c
        cross join lateral queue_internal.ended_of(c, ended_between.before) as e
        where c.lane = ended_between.lane and c.number > ended_between.after and c.number <= ended_between.upto
            and c.slot < 3 and c.token <> 0);
end
$$;

create or replace function queue_internal.is_over(claim_row queue_internal.claim, before timestamptz)
returns boolean
language plpgsql stable
as $$
-- Whether everything of a claim ended before that time. A job that has been running for an hour longer is not waited
-- for: it stays as long as its slot.
begin
    if exists (
        select from queue_internal.settled as a where a.lease_token = claim_row.token and a.finished_at >= is_over.before
    ) then
        return false;
    end if;
    return claim_row.claimed_at <= is_over.before - interval '1 hour'
        or not exists (select from queue_internal.unsettled(claim_row));
end
$$;

create or replace function queue_internal.prune_lane(
    lane bigint,
    retention interval,
    archive boolean,
    max_rows int,
    out looked_at int,
    out forgotten int
)
language plpgsql volatile
as $$
-- Goes along the lane's claims, oldest first, up to one of which something ended within the retention, or is running
-- still. What was found ended is forgotten by a later call, once all transactions of that time are over: they may have
-- written what they do not show yet, such as a job that waits for this one.
declare
    v_before timestamptz := queue.now() - retention;
    v_at queue_internal.pruned := (lane, 0, 0, '0');
    v_found queue_internal.pruned;
    v_claim queue_internal.claim;
begin
    looked_at := 0;
    forgotten := 0;
    select p.* into v_found from queue_internal.pruned as p where p.lane = prune_lane.lane;
    if v_found.lane is not null then
        v_at := v_found;
    end if;
    if v_at.upto > v_at.forgotten then
        if pg_snapshot_xmin(pg_current_snapshot()) < v_at.seen then
            return;
        end if;
        forgotten := queue_internal.forget(
            queue_internal.ended_between(lane, v_at.forgotten, v_at.upto, v_before), archive);
        v_at.forgotten := v_at.upto;
    end if;
    for v_claim in
        select c.* from queue_internal.claim as c
        where c.lane = prune_lane.lane and c.number > v_at.upto and c.slot < 3
        order by c.number
        limit max_rows
    loop
        exit when v_claim.claimed_at >= v_before or looked_at >= max_rows;
        looked_at := looked_at + greatest(cardinality(v_claim.ids), 1);
        exit when v_claim.token <> 0 and not queue_internal.is_over(v_claim, v_before);
        v_at.upto := v_claim.number;
    end loop;
    v_at.seen := pg_snapshot_xmax(pg_current_snapshot());
    if (v_at.upto, v_at.forgotten) is distinct from (v_found.upto, v_found.forgotten) and v_at.upto > 0 then
        insert into queue_internal.pruned as p select v_at.*
        on conflict on constraint pruned_pkey do update
        set upto = excluded.upto, forgotten = excluded.forgotten, seen = excluded.seen;
    end if;
end
$$;

create or replace function queue_internal.prune_canceled(max_rows int)
returns int
language plpgsql volatile
as $$
-- The same for jobs that were canceled before any worker had them: the next of all that are canceled, round and round.
declare
    v_retention interval := 2 * queue_internal.slot_age();
    v_row record;
    v_upto bigint := 0;
    v_count int := 0;
begin
    for v_row in
        select c.job_id, c.canceled_at, d.id, o.retention_finished as retention, o.archive
        from (
            select k.*
            from queue_internal.canceled as k
            where k.job_id > coalesce((select p.upto from queue_internal.pruned as p where p.lane = 0), 0)
            order by k.job_id
            limit max_rows
        ) as c
        cross join lateral queue_internal.latest(c.job_id) as d
        cross join lateral queue_internal.options(d.queue) as o
        order by c.job_id
    loop
        v_upto := v_row.job_id;
        if v_row.id is not null and v_row.retention < v_retention and v_row.canceled_at < queue.now() - v_row.retention then
            v_count := v_count + queue_internal.forget(
                (array[v_row.job_id], array[v_row.id], array[null::bigint], array['canceled'::queue_internal.outcome]),
                v_row.archive);
        end if;
    end loop;
    insert into queue_internal.pruned as p (lane, upto, forgotten, seen) values (0, v_upto, v_upto, '0')
    on conflict on constraint pruned_pkey do update set upto = excluded.upto where p.upto <> excluded.upto;
    return v_count;
end
$$;

create or replace function queue_internal.prune_finished(max_rows int)
returns int
language plpgsql volatile
as $$
-- Forgets ended jobs of queues with a short retention; returns how many. Two hundred lanes at a call, in no order, so
-- that none has all of the share. Not in a transaction with an old snapshot: it would not see what was revived since.
declare
    v_lane record;
    v_done record;
    v_looked_at int := 0;
    v_count int := 0;
    v_any boolean := false;
begin
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        return 0;
    end if;
    for v_lane in
        select l.lane, s.retention, s.archive
        from queue_internal.short_queues() as s
        cross join lateral (
            select k.lane from queue_internal.lane as k
            where k.queue = s.queue and k.purpose in ('ready', 'again', 'parked')
            union
            select queue_internal.gate_lock(s.queue)
        ) as l
        order by random()
        limit 200
    loop
        v_any := true;
        v_done := queue_internal.prune_lane(v_lane.lane, v_lane.retention, v_lane.archive, max_rows - v_looked_at);
        v_looked_at := v_looked_at + v_done.looked_at;
        v_count := v_count + v_done.forgotten;
        exit when v_looked_at >= max_rows;
    end loop;
    return v_count + case when v_any then queue_internal.prune_canceled(greatest(max_rows / 10, 1)) else 0 end;
end
$$;
