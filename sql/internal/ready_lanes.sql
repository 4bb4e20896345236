create or replace function queue_internal.ready_lanes(queue text, kinds text[])
returns table (lane bigint, priority smallint, ready_at timestamptz, id bigint)
language plpgsql volatile
as $$
-- Lanes of the queue that may have something to hand out, best first: highest priority, then the lane whose first
-- row has been ready longest. A look without locks, which may name a lane in vain but misses none: whoever takes
-- reads again under the lane's lock. Two index probes a lane: the first row after the cursor, and rows of
-- transactions that were in progress when the cursor's snapshots were taken.
begin
    return query
    select l.lane, l.priority, coalesce(h.due_at, h.enqueued_at), h.id
    from (
        select distinct k.lane, k.priority
        from queue_internal.lane as k
        where k.queue = ready_lanes.queue and k.purpose in ('ready', 'again', 'parked')
            and (k.kind is null or ready_lanes.kinds is null or k.kind = any (ready_lanes.kinds))
    ) as l
    left join lateral (
        select k.upto, k.before,
            case when k.exhausted then pg_snapshot_xmax(k.upto) else k.last_xid end as after_xid,
            case when k.exhausted then 0 else k.last_id end as after_id,
            pg_snapshot_xmax(case when k.exhausted then k.upto else k.before end) as from_xid
        from queue_internal.claim as k
        where k.lane = l.lane
        order by k.number desc
        limit 1
    ) as c on true
    cross join lateral (
        (select d.due_at, d.enqueued_at, d.id
        from (select pg_snapshot_xip(c.before) union select pg_snapshot_xip(c.upto)) as p (xid)
        join queue_internal.delivery as d on d.lane = l.lane and d.xid = p.xid
        where p.xid >= c.after_xid and (d.xid, d.id) > (c.after_xid, c.after_id)
            or not pg_visible_in_snapshot(p.xid, c.upto)
        limit 1)
        union all
        (select d.due_at, d.enqueued_at, d.id
        from queue_internal.delivery as d
        where d.lane = l.lane
            and d.xid >= coalesce(c.from_xid, '0')
            and (d.xid, d.id) > (coalesce(c.after_xid, '0'), coalesce(c.after_id, 0))
        order by d.xid, d.id
        limit 1)
        limit 1
    ) as h
    order by l.priority desc, coalesce(h.due_at, h.enqueued_at), h.id;
end
$$;
