-- Lanes at rest: those of a group, or of a dropped queue, that have been empty for a minute. They stay listed, for
-- everybody but claims, which would look at each of them for ever; an enqueue lists the lane anew. One whose
-- transaction had found it before is found by maintain(), which looks at them all: one probe each.

create or replace function queue_internal.is_at_rest(lane bigint, dropped boolean)
returns boolean
language plpgsql volatile
as $$
-- Whether a lane had nothing for a minute. One that nobody has claimed from may be new: its first job is still to come.
declare
    v_place record := queue_internal.place_in(lane);
begin
    if (v_place.cursor_row).claimed_at is null and not dropped
        or (v_place.cursor_row).claimed_at > queue.now() - interval '1 minute'
    then
        return false;
    end if;
    return not exists (
            select from queue_internal.delivery as d
            where d.lane = is_at_rest.lane and d.slot < 3 and (d.xid, d.id) > (v_place.xid, v_place.id)
                and (v_place.is_plain or not queue_internal.is_consumed(v_place.cursor_row, d.xid, d.id)))
        and not exists (
            select from queue_internal.delivery as d
            where d.lane = is_at_rest.lane and d.slot < 3 and d.xid = any (v_place.late)
                and not queue_internal.is_consumed(v_place.cursor_row, d.xid, d.id));
end
$$;

create or replace function queue_internal.rest_lanes()
returns void
language plpgsql volatile
as $$
-- Puts lanes to rest, a thousand at a time; the rows of those that were listed anew are deleted. Waits for nobody.
declare
    v_since xid8 := pg_snapshot_xmin(pg_current_snapshot());  -- first: what is not seen from here on is not older
    v_idle tid[] := array(
        select l.ctid
        from queue_internal.lane as l
        where l.rested is null and l.purpose in ('ready', 'again', 'parked') and (l.dropped or l.group_key is not null)
            and (select c.claimed_at from queue_internal.claim as c
                where c.lane = l.lane and c.slot < 3
                order by c.number desc
                limit 1) > queue.now() - interval '1 minute' is not true
        order by random()  -- those that have something, and nobody to serve it, are no obstacle for the others
        limit 1000);
begin
    delete from queue_internal.lane as l
    where l.ctid = any (array(
        select o.ctid
        from queue_internal.lane as o
        where o.rested is not null and exists (
            select from queue_internal.lane as k
            where k.queue = o.queue and k.purpose = o.purpose and k.priority = o.priority and k.stripe = o.stripe
                and k.lane = o.lane and k.rested is null and (o.dropped or not k.dropped))
        for update of o skip locked));
    update queue_internal.lane as l set rested = v_since
    where l.ctid = any (array(
        select o.ctid
        from queue_internal.lane as o
        where o.ctid = any (v_idle) and o.rested is null and queue_internal.is_at_rest(o.lane, o.dropped)
            and (  -- while an old transaction is open: it would be roused at once, and put to rest again, for ever
                select d.id from queue_internal.delivery as d
                where d.lane = o.lane and d.slot < 3 and d.xid >= v_since
                limit 1) is null
        for update of o skip locked));
end
$$;

create or replace function queue_internal.rouse_lanes()
returns void
language plpgsql volatile
as $$
-- Gives back to claims the lanes at rest in which something was written by a transaction that had not ended then.
declare
    v_lane record;
begin
    for v_lane in
        update queue_internal.lane as l set rested = null
        where l.ctid = any (array(
            select o.ctid
            from queue_internal.lane as o
            where o.rested is not null and (
                select d.id from queue_internal.delivery as d
                where d.lane = o.lane and d.slot < 3 and d.xid >= o.rested
                limit 1) is not null
            for update of o skip locked))
        returning l.queue, l.priority
    loop
        perform queue_internal.wake(v_lane.queue, v_lane.priority);
        perform queue_internal.notify(v_lane.queue);  -- whoever the enqueue woke did not know the lane
    end loop;
end
$$;
