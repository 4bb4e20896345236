-- A queue whose retention_finished is shorter than the ring's, which is the longest of all: its jobs that have ended are
-- deleted one by one, a bounded share at each call, behind everything that claims read. Attempts and claims stay until their
-- slot is truncated: without an attempt its job would be taken for running.

create or replace function queue_internal.short_queues()
returns table (queue text, retention interval, archive boolean)
language sql stable
as $$
    select l.queue, o.retention_finished, o.archive
    from (select distinct k.queue from queue_internal.lane as k where not k.dropped) as l
    cross join lateral queue_internal.options(l.queue) as o
    where o.retention_finished < 2 * queue_internal.slot_age()
$$;

create or replace function queue_internal.forget(jobs queue_internal.ended_jobs, archive boolean)
returns int
language plpgsql volatile
as $$
-- Deletes, and archives before, jobs that have ended with these deliveries, but for those that are being made ready again, or
-- were. Who revives a job locks the row that marks its end; so does this. Returns how many.
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
            and not exists (
                select from queue_internal.delivery as d
                where d.job_id = j.job_id and d.id > j.id and d.lease_token is null));
    v_job bigint;
begin
    if archive then
        foreach v_job in array v_gone loop
            perform queue_internal.archive_job(v_job);
        end loop;
    end if;
    with gone as (
        delete from queue_internal.delivery as d
        where d.job_id = any (v_gone) and d.lease_token is null
        returning d.lane, d.id
    )
    delete from queue_internal.void as v using gone as g where v.lane = g.lane and v.id = g.id;
    return cardinality(v_gone);
end
$$;

create or replace function queue_internal.note_pruned(lane bigint, upto bigint)
returns void
language plpgsql volatile
as $$
begin
    insert into queue_internal.pruned as p (lane, upto) values (note_pruned.lane, note_pruned.upto)
    on conflict on constraint pruned_pkey do update set upto = excluded.upto where p.upto <> excluded.upto;
end
$$;

create or replace function queue_internal.prune_lane(lane bigint, retention interval, archive boolean, max_rows int)
returns int
language plpgsql volatile
as $$
-- Goes on over the lane's claims, oldest first, and forgets the jobs that ended by them before the retention; returns how many.
-- Waits at a claim of which something ended since, or is running still. One that runs for an hour longer than the
-- retention is passed by, and stays as long as its slot.
declare
    v_before timestamptz := clock_timestamp() - retention;
    v_upto bigint := coalesce((select p.upto from queue_internal.pruned as p where p.lane = prune_lane.lane), 0);
    v_claim record;
    v_jobs queue_internal.ended_jobs;
    v_numbers bigint[];
    v_ended queue_internal.ended_jobs;
    v_stop bigint;
begin
    for v_claim in
        select c.number, c.token, c.ids, coalesce(c.job_ids, c.ids) as job_ids, cardinality(c.ids) as jobs
        from queue_internal.claim as c
        where c.lane = prune_lane.lane and c.number > v_upto and c.slot < 3 and c.claimed_at < v_before
        order by c.number
        limit max_rows
    loop
        v_stop := v_claim.number + 1;
        continue when v_claim.token = 0;
        v_jobs.job_ids := v_jobs.job_ids || v_claim.job_ids;
        v_jobs.ids := v_jobs.ids || v_claim.ids;
        v_jobs.tokens := v_jobs.tokens || array_fill(v_claim.token, array[v_claim.jobs]);
        v_numbers := v_numbers || array_fill(v_claim.number, array[v_claim.jobs]);
        exit when cardinality(v_numbers) >= max_rows;
    end loop;
    if v_numbers is not null then
        with settled as materialized (
            select j.*, a.outcome, a.finished_at,
                a.finished_at >= v_before or a.finished_at is null and c.claimed_at > v_before - interval '1 hour' as waits
            from unnest(v_numbers, v_jobs.job_ids, v_jobs.ids, v_jobs.tokens) as j (number, job_id, id, token)
            cross join lateral queue_internal.claim_of(j.token) as c
            left join lateral (
                select k.outcome, k.finished_at
                from queue_internal.attempt as k
                where k.lease_token = j.token and k.job_id = j.job_id
                limit 1
            ) as a on true
        ), stop as (
            select coalesce(min(s.number) filter (where s.waits), v_stop) as number from settled as s
        )
        select min(p.number), array_agg(s.job_id), array_agg(s.id), array_agg(s.token), array_agg(s.outcome)
        into v_stop, v_ended.job_ids, v_ended.ids, v_ended.tokens, v_ended.outcomes
        from stop as p
        left join settled as s
            on s.number < p.number and s.outcome in ('succeeded', 'skipped', 'canceled');
    end if;
    if v_stop is not null then
        perform queue_internal.note_pruned(lane, v_stop - 1);
    end if;
    return case when v_ended.ids[1] is null then 0 else queue_internal.forget(v_ended, archive) end;
end
$$;

create or replace function queue_internal.prune_canceled(max_rows int)
returns int
language plpgsql volatile
as $$
-- The same for jobs that were canceled before any worker had them: the next of all that are canceled, round and round.
declare
    v_upto bigint := coalesce((select p.upto from queue_internal.pruned as p where p.lane = 0), 0);
    v_row record;
    v_jobs queue_internal.ended_jobs;
    v_count int := 0;
begin
    for v_row in
        select c.job_id, d.id, s.archive, c.canceled_at < clock_timestamp() - s.retention as is_over
        from (
            select k.* from queue_internal.canceled as k where k.job_id > v_upto order by k.job_id limit max_rows
        ) as c
        left join lateral queue_internal.latest(c.job_id) as d on true
        left join queue_internal.short_queues() as s on s.queue = d.queue
        order by c.job_id
    loop
        v_upto := v_row.job_id;
        continue when v_row.is_over is not true;
        v_jobs := (array[v_row.job_id], array[v_row.id], array[null::bigint], array['canceled'::queue_internal.outcome]);
        v_count := v_count + queue_internal.forget(v_jobs, v_row.archive);
    end loop;
    perform queue_internal.note_pruned(0, case when v_row is null then 0 else v_upto end);
    return v_count;
end
$$;

create or replace function queue_internal.prune_finished(max_rows int)
returns int
language plpgsql volatile
as $$
-- Forgets ended jobs of queues with a short retention; returns how many. Not in a transaction with an old snapshot: it would
-- not see what was revived since.
declare
    v_lane record;
    v_count int := 0;
begin
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable')
        or not pg_try_advisory_xact_lock(queue_internal.lane_id('pruned', '', 0, 0, null))
        or not exists (select from queue_internal.short_queues())
    then
        return 0;
    end if;
    for v_lane in
        select distinct l.lane, s.retention, s.archive
        from queue_internal.short_queues() as s
        cross join lateral (
            select k.lane from queue_internal.lane as k
            where k.queue = s.queue and k.purpose in ('ready', 'again', 'parked')
            union
            select queue_internal.gate_lock(s.queue)
        ) as l
    loop
        v_count := v_count + queue_internal.prune_lane(v_lane.lane, v_lane.retention, v_lane.archive, max_rows - v_count);
        exit when v_count >= max_rows;
    end loop;
    return v_count + queue_internal.prune_canceled(greatest(max_rows / 10, 1));
end
$$;
