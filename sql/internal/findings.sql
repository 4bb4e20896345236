-- What queue.verify() looks at. Each function returns what is wrong, one line each; none when all is well. They read
-- all there is.

create or replace function queue_internal.wrong_cursors()
returns setof text
language sql stable
as $$
    -- A lane's claims are numbered one after the other, and none knows of transactions that never were.
    select format('claim %s of lane %s is numbered twice', c.number, c.lane)
    from queue_internal.claim as c
    where c.slot < 3
    group by c.lane, c.number
    having count(*) > 1
    union all
    select format('the cursor of lane %s stands in transactions that are still to come', l.lane)
    from (select distinct k.lane from queue_internal.lane as k) as l
    cross join lateral (
        select k.upto from queue_internal.claim as k
        where k.lane = l.lane and k.slot < 3 order by k.number desc limit 1) as c
    where pg_snapshot_xmax(c.upto) > pg_snapshot_xmax(pg_current_snapshot())
$$;

create or replace function queue_internal.wrong_lanes()
returns setof text
language sql stable
as $$
    -- What stands in a lane that is not listed is looked for by nobody.
    select format('%s deliveries in lane %s, which is not listed', count(*), d.lane)
    from queue_internal.delivery as d
    where d.slot < 3 and not exists (select from queue_internal.lane as l where l.lane = d.lane)
    group by d.lane
$$;

create or replace function queue_internal.wrong_claims()
returns setof text
language sql stable
as $$
    -- A delivery is handed out once, and a job that is running is there.
    select format('delivery %s of lane %s was handed out by %s claims', u.id, c.lane, count(distinct c.token))
    from queue_internal.claim as c
    cross join lateral unnest(c.ids) as u (id)
    where c.token <> 0
    group by c.lane, u.id
    having count(distinct c.token) > 1
    union all
    select format('job %s is running by claim %s and has no delivery', j.job_id, c.token)
    from queue_internal.claim as c
    cross join lateral unnest(coalesce(c.job_ids, c.ids)) as j (job_id)
    where c.token <> 0
        and not exists (select from queue_internal.settled as a where a.lease_token = c.token and a.job_id = j.job_id)
        and not exists (select from queue_internal.delivery as d where d.job_id = j.job_id and d.lease_token is null)
$$;

create or replace function queue_internal.wrong_leases()
returns setof text
language sql stable
as $$
    -- Every lease of a running job will be looked at: a row of it lies ahead of the watermark. Else a worker that died
    -- would keep the job for ever. A job whose last delivery is of a later claim, or waits, is not running by this one.
    select format('nobody will look at the lease of job %s, claim %s', j.job_id, c.token)
    from queue_internal.claim as c
    cross join lateral unnest(c.ids, coalesce(c.job_ids, c.ids)) as j (id, job_id)
    where c.token <> 0
        and j.id = (queue_internal.latest(j.job_id)).id
        and not exists (select from queue_internal.settled as a where a.lease_token = c.token and a.job_id = j.job_id)
        and not exists (
            select
            from queue_internal.delivery as d
            join (select k.lane, queue_internal.lane_cursor(k.lane) as place
                from queue_internal.lane as k where k.purpose = 'leases' offset 0) as l on l.lane = d.lane
            where d.lease_token = c.token and d.slot < 3 and (d.job_id is null or d.job_id = j.job_id)
                and ((d.due_at, d.id) > (coalesce((l.place).due_at, '-infinity'), coalesce((l.place).due_id, 0))
                    or not queue_internal.is_consumed(l.place, d.xid, d.id)))
$$;

create or replace function queue_internal.wrong_bodies()
returns setof text
language sql stable
as $$
    -- A delivery that may be handed out finds the job's body, in its own slot.
    select format('delivery %s of job %s has no body in slot %s', d.id, d.job_id, d.slot)
    from queue_internal.delivery as d
    where d.payload is null and d.lease_token is null and d.job_id is not null
        and d.id = (queue_internal.latest(d.job_id)).id
        and not exists (
            select from queue_internal.delivery as b
            where b.job_id = d.job_id and b.payload is not null and b.slot = d.slot)
$$;

create or replace function queue_internal.wrong_keys()
returns setof text
language sql stable
as $$
    -- A unique key is held by a live job that has it.
    select format('unique key %L of queue %L is held by job %s, which %s', u.key, u.queue, u.job_id,
        case when s.state is null then 'does not exist' else 'is ' || s.state end)
    from queue_internal.unique_key as u
    cross join lateral queue_internal.standing(u.job_id) as s
    where u.live and coalesce(s.state in ('succeeded', 'skipped', 'canceled', 'dead'), true)
    union all
    select format('unique key %L of queue %L is at revision %s, its job at %s', u.key, u.queue, u.revision, j.revision)
    from queue_internal.unique_key as u
    cross join lateral queue_internal.latest(u.job_id) as j
    where u.live and u.revision <> coalesce(j.revision, 0)
$$;

create or replace function queue_internal.wrong_ends()
returns setof text
language sql stable
as $$
    -- A dead letter has its job; what is settled was claimed; nothing that is void is missing.
    select format('dead letter of job %s, which does not exist', d.job_id)
    from queue_internal.dead_letter as d
    where not exists (select from queue_internal.delivery as j where j.job_id = d.job_id)
    union all
    select format('attempt of job %s by claim %s, which does not exist', a.job_id, a.lease_token)
    from queue_internal.settled as a
    where a.slot < 3 and not exists (select from queue_internal.claim as c where c.token = a.lease_token)
    union all
    select format('delivery %s of lane %s is void and does not exist', v.id, v.lane)
    from queue_internal.void as v
    where not exists (select from queue_internal.delivery as d where d.lane = v.lane and d.id = v.id)
$$;

create or replace function queue_internal.wrong_slots()
returns setof text
language sql stable
as $$
    -- One ring, and claims whose home is one of its slots.
    select format('there are %s rings', count(*)) from queue_internal.rotation having count(*) <> 1
    union all
    select format('claim %s has the home slot %s', c.token, c.home)
    from queue_internal.claim as c
    where c.home not between 0 and 2
$$;
