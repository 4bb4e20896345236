create or replace function queue_internal.look_closely(outlook queue_internal.outlook, keeps_order boolean)
returns queue_internal.outlook
language plpgsql stable
as $$
-- Reads the lanes whose cursors do not tell what comes next, and drops those that have nothing. Two probes a lane: the
-- first row after the cursor; only where there is none, rows of transactions that were in progress when the cursor's
-- snapshots were taken and are not any more: what stays open for hours is not looked for in each lane each time.
declare
    v_now pg_snapshot := pg_current_snapshot();
begin
    select array_agg(h.lane), array_agg(h.priority), array_agg(h.ready_at), array_agg(h.id), null::pg_snapshot[],
        null::pg_snapshot[], null::xid8[], null::bigint[]
    into outlook
    from (
        select l.lane, l.priority, coalesce(l.ready_at, d.due_at, d.enqueued_at) as ready_at, coalesce(l.id, d.id) as id,
            case when keeps_order then l.turn end as turn
        from unnest(outlook.lanes, outlook.priorities, outlook.ready_at, outlook.ids, outlook.befores, outlook.uptos,
                outlook.last_xids, outlook.last_ids) with ordinality
            as l (lane, priority, ready_at, id, before, upto, last_xid, last_id, turn)
        left join lateral (
            (select i.due_at, i.enqueued_at, i.id
            from queue_internal.delivery as i
            where l.id is null and i.lane = l.lane and i.slot < 3
                and (i.xid, i.id) > (coalesce(greatest(pg_snapshot_xmax(l.before), l.last_xid), '0'),
                    case when l.last_xid >= pg_snapshot_xmax(l.before) then l.last_id else 0 end)
            order by i.xid, i.id
            limit 1)
            union all
            (select i.due_at, i.enqueued_at, i.id
            from (select pg_snapshot_xip(l.before) union all select pg_snapshot_xip(l.upto)) as p (xid)
            cross join lateral (
                select r.due_at, r.enqueued_at, r.id
                from queue_internal.delivery as r
                where r.lane = l.lane and r.slot < 3 and r.xid = p.xid
                    and r.id > case when r.xid = l.last_xid then l.last_id else 0 end
                limit 1
            ) as i
            where l.id is null
                and (pg_snapshot_xmin(l.before) < pg_snapshot_xmax(l.before)
                    or pg_snapshot_xmin(l.upto) < pg_snapshot_xmax(l.upto))
                and (p.xid >= l.last_xid or not pg_visible_in_snapshot(p.xid, l.upto))
                and pg_visible_in_snapshot(p.xid, v_now)  -- which does not list the caller's own: that is looked for
            limit 1)
            limit 1
        ) as d on true
        where l.id is not null or d.id is not null
        order by l.priority desc, turn, ready_at, id
    ) as h;
    return outlook;
end
$$;

create or replace function queue_internal.look(
    queue text,
    kinds text[],
    priorities smallint[] default null,
    routing_keys text[] default null,
    unrouted boolean default null
)
returns queue_internal.outlook
language plpgsql volatile
as $$
-- The queue's lanes that may have something to hand out, best first: highest priority, then the lane whose first row
-- has been ready longest. unrouted: whether lanes without a routing key count; null for every lane. Locks nothing;
-- may name a lane in vain but misses none: whoever takes reads again under the lane's lock.
declare
    v_outlook queue_internal.outlook;
begin
    select array_agg(h.lane), array_agg(h.priority), array_agg(h.next_at), array_agg(h.next_id), array_agg(h.before),
        array_agg(h.upto), array_agg(h.last_xid), array_agg(h.last_id)
    into v_outlook
    from (
        select l.lane, l.priority, c.*
        from (
            select distinct k.lane, k.priority
            from queue_internal.lane as k
            where k.queue = look.queue and k.rested is null and k.purpose in ('ready', 'again', 'parked')
                and (look.priorities is null or k.priority = any (look.priorities))
                and (k.kind is null or look.kinds is null or k.kind = any (look.kinds))
                and (look.unrouted is null
                    or case when k.routing_key is null then look.unrouted else k.routing_key = any (look.routing_keys) end)
        ) as l
        left join lateral (
            select k.next_at, k.next_id, case when k.exhausted then k.upto else k.before end as before, k.upto,
                case when k.exhausted then pg_snapshot_xmax(k.upto) else k.last_xid end as last_xid,
                case when k.exhausted then 0 else k.last_id end as last_id
            from queue_internal.claim as k
            where k.lane = l.lane and k.slot < 3
            order by k.number desc
            limit 1
        ) as c on true
        order by l.priority desc, c.next_at, c.next_id
    ) as h;
    if array_position(v_outlook.ids, null) is null then
        return v_outlook;
    end if;
    return queue_internal.look_closely(v_outlook, false);
end
$$;

create or replace function queue_internal.look_for(request queue_internal.claim_request)
returns queue_internal.outlook
language plpgsql volatile
as $$
begin
    return queue_internal.look(request.queue, request.kinds, request.priorities, request.routing_keys, request.unrouted);
end
$$;
