create or replace function queue_internal.has_live_jobs(queue text)
returns boolean
language plpgsql volatile
as $$
-- Whether a queue has jobs that are ready, waiting, blocked or running.
declare
    v_waiting bigint := queue_internal.lane_id('waiting', queue, 0, 0, null);
    v_leases bigint := queue_internal.lane_id('leases', queue, 0, 0, null);
    v_cursor queue_internal.claim;
begin
    if exists (select from queue_internal.throttled as b where b.queue = has_live_jobs.queue) then
        return true;
    end if;
    -- A lane may have nothing left but rows of canceled jobs; one at rest, what was enqueued since.
    if exists (
        select from (
            select l.lane, false as rests from unnest((queue_internal.look(queue, null)).lanes) as l (lane)
            union all
            select k.lane, true from queue_internal.lane as k
            where k.queue = has_live_jobs.queue and k.rested is not null and (
                select d.id from queue_internal.delivery as d
                where d.lane = k.lane and d.slot < 3 and d.xid >= k.rested
                limit 1) is not null
        ) as l
        cross join lateral (select queue_internal.lane_cursor(l.lane) as position offset 0) as c
        where not l.rests and not exists (select from queue_internal.void as v where v.lane = l.lane)
            or exists (
                select from queue_internal.delivery as d
                where d.lane = l.lane and d.slot < 3
                    and not queue_internal.is_consumed(c.position, d.xid, d.id)
                    and not exists (select from queue_internal.void as v where v.lane = d.lane and v.id = d.id))
    ) then
        return true;
    end if;
    if exists (select from queue_internal.blocked as b where b.queue = has_live_jobs.queue and b.released_at is null) then
        return true;
    end if;
    v_cursor := queue_internal.lane_cursor(v_waiting);
    if exists (
        select from queue_internal.delivery as d
        where d.lane = v_waiting and d.due_at is not null
            and ((d.due_at, d.id) > (coalesce(v_cursor.due_at, '-infinity'), coalesce(v_cursor.due_id, 0))
                or not queue_internal.is_consumed(v_cursor, d.xid, d.id))
            and not exists (select from queue_internal.void as v where v.lane = d.lane and v.id = d.id)
    ) then
        return true;
    end if;
    return exists (
        select
        from queue_internal.open_leases(v_leases) as t (token)
        cross join lateral queue_internal.claim_of(t.token) as c
        cross join lateral queue_internal.unsettled(c));
end
$$;

create or replace function queue_internal.live_queues()
returns setof text
language plpgsql volatile
as $$
-- The queues that have live jobs.
begin
    return query
    select q.queue
    from (select distinct l.queue from queue_internal.lane as l) as q
    where queue_internal.has_live_jobs(q.queue);
end
$$;
