-- What outlives its slot is copied to the slot that is never truncated whole.

create or replace function queue_internal.kept_claims(slot int)
returns table (job_id bigint, token bigint)
language plpgsql stable
as $$
-- The unsettled jobs of open leases that may have something in the slot: their claim, or a delivery, which no job has
-- that is younger than all there. There is a lease of every claim of the last seconds, 100,000 perhaps, nearly all made
-- later and settled since.
declare
    v_youngest bigint := (select max(d.job_id) from queue_internal.delivery as d where d.slot = kept_claims.slot);
begin
    return query
    select u.job_id, c.token
    from (select distinct k.lane from queue_internal.lane as k where k.purpose = 'leases') as l
    cross join lateral queue_internal.open_leases(l.lane) as t (token)
    cross join lateral (
        select k.*
        from queue_internal.claim as k
        where k.token = t.token and k.token <> 0 and (k.slot = queue_internal.slot_of(t.token) or k.slot = 3)
        limit 1
    ) as c
    cross join lateral queue_internal.unsettled(c) as u (job_id)
    where (c.home = kept_claims.slot or v_youngest >= any (coalesce(c.job_ids, c.ids))) and case
        when cardinality(c.ids) = (  -- nearly always, and seen in a quarter of the time
            select count(*) from queue_internal.attempt as a
            where a.slot = c.home and a.lease_token = c.token and a.job_id > 0) then false
        else cardinality(c.ids) > (
            select count(distinct a.job_id) from queue_internal.settled as a where a.lease_token = c.token) end;
end
$$;

create or replace function queue_internal.kept_jobs(slot int, since timestamptz, max_rows int)
returns table (job_id bigint, token bigint)
language plpgsql stable
set enable_bitmapscan = on
as $$
-- Jobs that must outlive the slot in which their last delivery or their claim stands: running and blocked ones, dead
-- letters, and those that ran for so long that they ended after the slot was filled, whose retention is not over. Of
-- the dead ones at most max_rows that were not copied yet (null: any number), and of their earlier attempts those
-- settled since (null: all). Of running and blocked ones none with since: all were copied by a call before it, and what
-- is claimed or blocked after that is not in this slot.
declare
    -- a volatile function would be called for each row, not searched for
    v_after timestamptz := queue.now() - 2 * queue_internal.slot_age();
    -- Those that died since, whose earlier attempts stay with them: mostly jobs younger than the slot, which the
    -- index by blocks rules out.
    v_dead bigint[] := array(
        select d.job_id
        from queue_internal.dead_queues() as q (queue)
        join queue_internal.dead_letter as d on d.queue = q.queue and d.dead_at > since);
    v_first bigint;
    v_last bigint;
begin
    select min(d.job_id), max(d.job_id) into v_first, v_last from unnest(v_dead) as d (job_id);
    return query
    select c.job_id, c.token from queue_internal.kept_claims(slot) as c where since is null
    union
    select b.job_id, null from queue_internal.blocked as b where b.released_at is null and since is null
    union
    (select d.job_id, null from queue_internal.dead_letter as d where d.slot < 3 and d.slot = kept_jobs.slot limit max_rows)
    union
    (select a.job_id, a.lease_token
    from queue_internal.attempt as a
    where a.slot = kept_jobs.slot and a.job_id > 0 and a.outcome not in ('succeeded', 'skipped', 'canceled')
        and a.finished_at > coalesce(since, '-infinity')
        and exists (select from queue_internal.dead_letter as d where d.job_id = a.job_id)
        and not exists (
            select from queue_internal.attempt_kept as k where k.lease_token = a.lease_token and k.job_id = a.job_id)
    limit max_rows)
    union
    select a.job_id, a.lease_token
    from queue_internal.attempt as a
    where a.slot = kept_jobs.slot and a.job_id > 0 and a.job_id between v_first and v_last and a.job_id = any (v_dead)
    union
    select a.job_id, a.lease_token
    from queue_internal.settled as a
    where a.slot = kept_jobs.slot and a.finished_at > v_after and (since is null or not exists (
        select from queue_internal.attempt_kept as k where k.lease_token = a.lease_token and k.job_id = a.job_id));
end
$$;

create or replace function queue_internal.keep(slot int, since timestamptz default null, max_rows int default null)
returns int
language plpgsql volatile
set enable_bitmapscan = on
as $$
-- Copies what running jobs and dead letters have in the slot to the slot that is never truncated whole: their last
-- delivery with its body, the claims, and what was settled of them. Idempotent; returns how much was new, or is left.
declare
    v_kept record;
    v_row queue_internal.delivery;
    v_body queue_internal.delivery;
    v_new boolean;
    v_count int := 0;
    v_attempts int;
begin
    for v_kept in select k.job_id, k.token from queue_internal.kept_jobs(slot, since, max_rows) as k loop
        v_row := queue_internal.latest(v_kept.job_id);
        if v_row.slot = keep.slot and not exists (
            select from queue_internal.delivery_kept as d where d.job_id = v_row.job_id and d.id = v_row.id
        ) then
            v_body := queue_internal.body(v_kept.job_id);
            v_row.slot := 3;
            v_row.payload := v_body.payload;
            v_row.headers := v_body.headers;
            insert into queue_internal.delivery select v_row.*;
            v_count := v_count + 1;
        end if;
        update queue_internal.dead_letter as d set slot = coalesce(v_row.slot, 3)
        where d.job_id = (
            select o.job_id from queue_internal.dead_letter as o
            where o.job_id = v_kept.job_id and o.slot = keep.slot
            for update skip locked);
        insert into queue_internal.claim
        select (jsonb_populate_record(c, '{"slot": 3}')).*
        from queue_internal.claim as c
        where c.token = v_kept.token and c.slot = keep.slot
            and not exists (select from queue_internal.claim_kept as k where k.token = c.token);
        v_new := found and since is not null;  -- then what was settled of it long ago goes along: see below
        insert into queue_internal.attempt (lease_token, job_id, finished_at, slot, attempt, outcome, error_code,
            error_message, result)
        select a.lease_token, a.job_id, a.finished_at, 3, a.attempt, a.outcome, a.error_code, a.error_message, a.result
        from queue_internal.settled as a
        where a.lease_token = v_kept.token and (v_new or a.job_id = v_kept.job_id) and a.slot = keep.slot
            and exists (select from queue_internal.claim_kept as k where k.token = a.lease_token)
        on conflict do nothing;
        get diagnostics v_attempts = row_count;
        v_count := v_count + v_attempts;
    end loop;
    -- A kept claim is settled in its home slot, also after that was emptied, once or more often: without these rows its
    -- jobs would be unsettled again.
    insert into queue_internal.attempt (lease_token, job_id, finished_at, slot, attempt, outcome, error_code, error_message,
        result)
    select a.lease_token, a.job_id, a.finished_at, 3, a.attempt, a.outcome, a.error_code, a.error_message, a.result
    from queue_internal.settled as a
    where a.slot = keep.slot and a.finished_at > coalesce(since, '-infinity')
        and exists (select from queue_internal.claim_kept as k where k.token = a.lease_token and k.home = keep.slot)
    on conflict do nothing;
    -- One that somebody is reviving could not be updated.
    return v_count + exists (select from queue_internal.dead_letter as d where d.slot < 3 and d.slot = keep.slot)::int;
end
$$;
