create or replace function queue_internal.dead_queues()
returns setof text
language sql stable
as $$
    -- Queues that have dead letters; a probe for each, however many letters there are.
    with recursive q as (
        (select d.queue from queue_internal.dead_letter as d order by d.queue limit 1)
        union all
        select (select d.queue from queue_internal.dead_letter as d where d.queue > q.queue order by d.queue limit 1)
        from q
        where q.queue is not null
    )
    select q.queue from q where q.queue is not null
$$;

create or replace function queue_internal.prune_dead(max_rows int)
returns int
language plpgsql volatile
as $$
-- Forgets dead letters older than their queue's retention_dead.
declare
    v_letter queue_internal.dead_letter;
    v_count int := 0;
begin
    for v_letter in
        delete from queue_internal.dead_letter as d
        where d.job_id = any (array(
            select o.job_id
            from queue_internal.dead_queues() as n (queue)
            cross join lateral queue_internal.options(n.queue) as r
            cross join lateral (
                select e.job_id
                from queue_internal.dead_letter as e
                where e.queue = n.queue and e.dead_at < (select queue.now()) - r.retention_dead
                order by e.dead_at
                limit max_rows
                for update skip locked
            ) as o
            limit max_rows))
        returning d.*
    loop
        perform queue_internal.archive_job(v_letter.job_id, v_letter.dead_at);
        v_count := v_count + 1;
    end loop;
    return v_count;
end
$$;

create or replace function queue_internal.prune_decisions(max_rows int)
returns int
language plpgsql volatile
as $$
-- Forgets decisions older than their queue's retention_decisions, and all but the last ten thousand.
declare
    v_default interval := (queue_internal.options('')).retention_decisions;
    v_count int;
begin
    delete from queue_internal.ingest_decision as d
    where d.number in (
        select o.number
        from queue_internal.ingest_decision as o
        left join queue_internal.queue as q on q.name = o.queue
        where o.at < (select queue.now()) - coalesce(q.retention_decisions, v_default)
            or o.number <= (select max(m.number) - 10000 from queue_internal.ingest_decision as m)
        order by o.number
        limit max_rows
        for update of o skip locked);
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

create or replace function queue_internal.prune_claims_kept(max_rows int)
returns void
language plpgsql volatile
as $$
-- Deletes from the last slot the claims of which no job is left there, and what was settled of them, when its retention
-- is over. Begins at a random place, as prune_kept. What stands in another slot as well would be copied again, and that
-- slot never found empty.
declare
    v_retention interval := 2 * queue_internal.slot_age();
begin
    with gone as (
        delete from queue_internal.claim_kept as c
        where c.token <> 0
            and not exists (
                select from queue_internal.delivery_kept as d where d.job_id = any (coalesce(c.job_ids, c.ids)))
            and not exists (
                select from queue_internal.dead_letter as d where d.job_id = any (coalesce(c.job_ids, c.ids)))
            and not exists (select from queue_internal.claim as o where o.token = c.token and o.slot < 3)
            and not exists (
                select from queue_internal.attempt as a
                where a.lease_token = c.token and (a.slot < 3 or a.finished_at > queue.now() - v_retention))
            and c.token in (
                select k.token
                from queue_internal.claim_kept as k
                where k.token >= (select min(m.token) + random() * (max(m.token) - min(m.token))
                    from queue_internal.claim_kept as m)
                order by k.token
                limit max_rows
                for update skip locked)
        returning c.token
    )
    delete from queue_internal.attempt_kept as a using gone as g where a.lease_token = g.token;
end
$$;

create or replace function queue_internal.hold_jobs(job_ids bigint[])
returns bigint[]
language plpgsql volatile
as $$
-- Those of the jobs of which every delivery could be locked without waiting, as for a drop_queue in an open
-- transaction.
declare
    v_rows bigint[] := array(
        select d.job_id
        from queue_internal.delivery as d
        where d.job_id = any (hold_jobs.job_ids) and d.lease_token is null
        for update skip locked);
begin
    return array(
        select r.job_id
        from unnest(v_rows) as r (job_id)
        group by r.job_id
        having count(*) = (
            select count(*) from queue_internal.delivery as d where d.job_id = r.job_id and d.lease_token is null)
        order by r.job_id);
end
$$;

create or replace function queue_internal.prune_kept(max_rows int)
returns int
language plpgsql volatile
as $$
-- Deletes from the last slot the jobs that have ended, or moved on to another slot, and whose retention is over, unless
-- the slot they were copied from is still to be emptied; then cancellations and replays of jobs that are gone. Begins
-- at a random place: the first jobs may have to stay for long.
declare
    v_from bigint := (select min(d.job_id) + random() * (max(d.job_id) - min(d.job_id))
        from queue_internal.delivery_kept as d where d.job_id is not null);
    v_job bigint;
    v_at record;
    v_count int := 0;
begin
    for v_job in
        select distinct d.job_id
        from queue_internal.delivery_kept as d
        where d.job_id >= v_from
        order by d.job_id
        limit max_rows
    loop
        select * into v_at from queue_internal.standing(v_job);
        if (v_at.latest).slot = 3 and (v_at.state in ('running', 'blocked', 'dead') and (v_at.state in ('running', 'blocked')
                or exists (select from queue_internal.dead_letter as d where d.job_id = v_job))
            or (v_at.last).finished_at
                > (select queue.now()) - (queue_internal.options((v_at.latest).queue)).retention_finished
            or exists (
                select from queue_internal.delivery as d
                where d.job_id = v_job and d.id = (v_at.latest).id and d.slot < 3))
            or queue_internal.hold_jobs(array[v_job]) = '{}'
        then
            continue;
        end if;
        if (v_at.latest).slot = 3 then
            perform queue_internal.archive_job(v_job);
        end if;
        -- What was settled of a claim that is still kept stays, or it would be unsettled again when the lease ends.
        delete from queue_internal.attempt_kept as a
        where a.job_id = v_job and a.job_id > 0
            and not exists (select from queue_internal.claim_kept as c where c.token = a.lease_token);
        delete from queue_internal.delivery_kept as d where d.job_id = v_job;
        v_count := v_count + 1;
    end loop;
    perform queue_internal.prune_claims_kept(max_rows);
    delete from queue_internal.canceled as c
    where c.job_id in (
        select o.job_id from queue_internal.canceled as o
        where o.canceled_at < (select queue.now()) - interval '1 hour' and not exists (select from queue_internal.delivery as d where d.job_id = o.job_id)
        limit max_rows
        for update skip locked);
    delete from queue_internal.replay as r
    where (r.job_id, r.replayed_as) in (
        select o.job_id, o.replayed_as from queue_internal.replay as o
        where o.replayed_at < (select queue.now()) - interval '1 hour' and not exists (select from queue_internal.delivery as d where d.job_id = o.job_id)
        limit max_rows
        for update skip locked);
    return v_count;
end
$$;

create or replace function queue_internal.tidy_lanes()
returns int
language plpgsql volatile
as $$
-- Deletes rows that list a lane twice: the leftovers of sessions that used a lane first at the same time. Reads the
-- lanes once. Of those rows that could be locked one stays: drop_queue in an open transaction may be about to mark any
-- other. What claims look at and what is at rest is told apart.
declare
    v_rows tid[] := array(
        select unnest(array_agg(l.ctid))
        from queue_internal.lane as l
        group by l.lane, l.dropped, l.rested is null
        having count(*) > 1);
    v_count int;
begin
    v_rows := array(select l.ctid from queue_internal.lane as l where l.ctid = any (v_rows) for update skip locked);
    delete from queue_internal.lane as l
    where l.ctid = any (array(
        select o.ctid
        from (
            select k.ctid,
                row_number() over (partition by k.lane, k.dropped, k.rested is null order by k.ctid) as number
            from queue_internal.lane as k
            where k.ctid = any (v_rows)
        ) as o
        where o.number > 1));
    get diagnostics v_count = row_count;
    return v_count;
end
$$;

create or replace function queue_internal.tidy_void()
returns int
language plpgsql volatile
as $$
-- Deletes what is void in lanes of which everything was handed out: a row may become void after a claim passed it, and
-- while a lane has one, its claims look closer.
declare
    v_lane bigint;
    v_rows int;
    v_count int := 0;
begin
    for v_lane in
        select distinct l.lane
        from queue_internal.lane as l
        where l.purpose in ('ready', 'again', 'parked')
            and exists (select from queue_internal.void as v where v.lane = l.lane)
    loop
        continue when not pg_try_advisory_xact_lock(v_lane) or exists (
            select
            from (select queue_internal.lane_cursor(v_lane) as place offset 0) as c
            join queue_internal.delivery as d on d.lane = v_lane and d.slot < 3
                and d.xid >= coalesce(pg_snapshot_xmin((c.place).before), '0')
            where not queue_internal.is_consumed(c.place, d.xid, d.id));
        delete from queue_internal.void as v where v.lane = v_lane;
        get diagnostics v_rows = row_count;
        v_count := v_count + v_rows;
    end loop;
    return v_count;
end
$$;

create or replace function queue_internal.tidy_up(later boolean)
returns jsonb
language plpgsql volatile
as $$
-- The part of maintain() that has time, and what it did, as counts; nothing when it is for later: the caller has locked
-- a slot, and every claim waits for its commit. Nobody waits for what is pruned: that is left to whoever is at it
-- already.
declare
    v_done jsonb := jsonb '{"pruned": 0, "tidied": 0}';
begin
    if later then
        return v_done || '{"refused": 0, "unblocked": 0, "recounted": 0}';
    end if;
    if pg_try_advisory_xact_lock(queue_internal.lane_id('tidy', '', 0, 0, null)) then
        v_done := queue_internal.tidy();
    end if;
    return v_done || jsonb_build_object(
        'refused', queue_internal.record_refusals(),
        'unblocked', queue_internal.sweep_blocked(10),
        'recounted', queue_internal.recount_gates());  -- last: claims of a gated queue wait from here on
end
$$;

create or replace function queue_internal.tidy()
returns jsonb
language plpgsql volatile
as $$
begin
    perform queue_internal.take_tallies();
    return jsonb_build_object(
        'pruned', queue_internal.prune_dead(1000) + queue_internal.prune_decisions(1000)
            + queue_internal.prune_guards() + queue_internal.prune_events(200)
            + queue_internal.prune_policy_decisions(1000) + queue_internal.prune_kept(200)
            + queue_internal.prune_archive(1000) + queue_internal.prune_keys(1000) + queue_internal.prune_finished(2000),
        'tidied', queue_internal.tidy_lanes() + queue_internal.tidy_idle() + queue_internal.tidy_void());
end
$$;
