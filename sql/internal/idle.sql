-- How a claim knows, without looking at the lanes, that a priority of its queue has nothing. A look that finds all its
-- lanes empty is recorded under the number that the bell of this queue and priority showed before it. Whatever is put
-- into such a lane later sets the bell to 0, and no number comes twice. A transaction that read the bell before it was
-- armed does not ring it; but it had its id by then, so the look's snapshot lists it: such a transaction is pending,
-- and its end calls for another look.

create or replace function queue_internal.looked_for(routing_keys text[], unrouted boolean)
returns text[]
language sql immutable
as $$
    -- What a record says of routing: no key is empty.
    select case when unrouted then coalesce(routing_keys, '{}') else ''::text || routing_keys end
$$;

create or replace function queue_internal.open_queue(queue text, kinds text[], routing_keys text[])
returns queue_internal.opening
language plpgsql volatile
as $$
-- What a claim must know of its queue before it reads any lane. In the common case, one priority with work in it, no
-- record is worth a look: priorities null, for all.
declare
    v_open queue_internal.opening;
    v_shut smallint[];
    v_least smallint;
begin
    for v_try in 1 .. 2 loop
        select q.paused, q.lease, q.gated, q.fair, routing_keys is null or not q.strict_routing, q.history = 'receipts', false,
            q.priority, q.lanes
        into v_open.paused, v_open.lease, v_open.gated, v_open.fair, v_open.unrouted, v_open.receipts, v_open.awaited,
            v_open.priority, v_open.lanes
        from queue_internal.queue as q
        where q.name = case v_try when 1 then open_queue.queue else '' end;
        exit when found;
    end loop;
    select bool_or(l.purpose = 'waiting'), max(l.lane) filter (where l.purpose = 'leases' and not l.dropped),
        min(l.priority) filter (where l.purpose in ('ready', 'again', 'parked', 'freed')),
        max(l.priority) filter (where l.purpose in ('ready', 'again', 'parked', 'freed'))
    into v_open.waits, v_open.leases, v_least, v_open.highest
    from queue_internal.lane as l
    where l.queue = open_queue.queue and l.rested is null;
    if v_open.highest is null then
        return v_open;
    elsif v_least = v_open.highest then
        v_open.looks := array[queue_internal.last_look(queue, v_least)];
        if v_open.looks[1] = 0 then
            return v_open;
        end if;
        v_open.priorities := array[v_least];
    else
        select array_agg(p.priority order by p.priority), array_agg(p.look order by p.priority)
        into v_open.priorities, v_open.looks
        from (
            select l.priority, queue_internal.last_look(open_queue.queue, l.priority) as look
            from queue_internal.lane as l
            where l.queue = open_queue.queue and l.rested is null and l.purpose in ('ready', 'again', 'parked', 'freed')
            group by l.priority
        ) as p;
    end if;
    v_open.awaited := 0 < all (v_open.looks);
    if 0 <> any (v_open.looks) then
        v_open.seen := pg_current_snapshot();
        v_shut := array(
            select i.priority
            from queue_internal.idle as i
            where i.look = any (v_open.looks) and i.queue = open_queue.queue
                and i.kinds = coalesce(open_queue.kinds, '{}')
                and i.routing_keys = queue_internal.looked_for(open_queue.routing_keys, v_open.unrouted)
                and (i.pending is null or not exists (
                    select from unnest(i.pending) as p (xid)
                    where pg_visible_in_snapshot(p.xid, pg_current_snapshot()))));
    end if;
    if v_shut @> v_open.priorities then
        v_open.priorities := null;
    elsif cardinality(v_shut) > 0 then
        select array_agg(p.priority), array_agg(p.look) into v_open.priorities, v_open.looks
        from unnest(v_open.priorities, v_open.looks) as p (priority, look)
        where p.priority <> all (v_shut);
    end if;
    v_open.highest := v_open.priorities[cardinality(v_open.priorities)];
    return v_open;
end
$$;

create or replace function queue_internal.is_due(queue text)
returns boolean
language plpgsql volatile
as $$
-- Whether has_due is true of a lane of the queue; all in one statement, because idle claims do little else.
declare
    v_own xid8 := pg_current_xact_id_if_assigned();
    v_seen pg_snapshot := pg_current_snapshot();
    v_now timestamptz := queue.now();  -- a volatile function would be called for each row, not searched for
begin
    return exists (
        select
        from queue_internal.lane as l
        left join lateral (
            select k.claimed_at, k.due_at, k.due_id, k.exhausted, k.upto
            from queue_internal.claim as k
            where k.lane = l.lane and k.slot < 3
            order by k.number desc
            limit 1
        ) as c on true
        where l.queue = is_due.queue and l.purpose in ('waiting', 'leases')
            and (c.upto is null or greatest(c.claimed_at, c.due_at) > v_now + interval '1 second'
                or exists (
                    select
                    from queue_internal.delivery as d
                    where d.lane = l.lane and d.slot < 3 and d.due_at is not null
                        and (d.due_at, d.id) > (c.due_at, c.due_id) and d.due_at <= v_now
                    order by d.due_at, d.id
                    limit 1)
                or c.claimed_at >= v_now - interval '500 milliseconds' is not true
                and (not c.exhausted
                    or exists (
                        select
                        from queue_internal.delivery as d
                        where d.lane = l.lane and d.slot < 3 and d.xid >= pg_snapshot_xmax(c.upto)
                            and d.xid < pg_snapshot_xmin(v_seen)
                        order by d.xid, d.id
                        limit 1)
                    or pg_snapshot_xmin(c.upto) < pg_snapshot_xmax(c.upto)
                        and queue_internal.has_late_ended(queue_internal.lane_cursor(l.lane))
                    or pg_snapshot_xmax(c.upto) > pg_snapshot_xmax(v_seen)
                    or v_own is not null and queue_internal.has_own(queue_internal.lane_cursor(l.lane)))));
end
$$;

create or replace function queue_internal.note_empty(
    queue text,
    kinds text[],
    routing_keys text[],
    open queue_internal.opening,
    busy smallint[]
)
returns void
language plpgsql volatile
as $$
-- Records the open priorities that a look found empty, all but the busy ones. What was pending at an earlier look of
-- the same number is all that can still be: every later transaction rings. A bell that shows 0 is armed now and then,
-- for a later look to be recorded, so that a busy queue does not look at its empty priorities for ever. Records nothing
-- in a transaction with an old snapshot, taken before the bells were read.
begin
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        return;
    end if;
    insert into queue_internal.idle (look, queue, priority, kinds, routing_keys, pending)
    select p.look, note_empty.queue, p.priority, coalesce(note_empty.kinds, '{}'),
        queue_internal.looked_for(note_empty.routing_keys, open.unrouted), (
        select array_agg(x.xid)
        from pg_snapshot_xip(open.seen) as x (xid)
        where not exists (
            select
            from queue_internal.idle as i
            where i.look = p.look and i.queue = note_empty.queue and i.priority = p.priority
                and i.kinds = coalesce(note_empty.kinds, '{}')
                and i.routing_keys = queue_internal.looked_for(note_empty.routing_keys, open.unrouted) and x.xid = any (i.pending) is not true))
    from unnest(open.priorities, open.looks) as p (priority, look)
    where p.look <> 0 and p.priority <> all (coalesce(busy, '{}'));
    if 0 = any (open.looks) and random() < 0.1 then
        perform setval(queue_internal.bell(note_empty.queue, p.priority), -nextval('queue_internal.token'))
        from unnest(open.priorities) as p (priority)
        where p.priority <> all (coalesce(busy, '{}'))
            and queue_internal.last_look(note_empty.queue, p.priority) = 0;
    end if;
end
$$;

create or replace function queue_internal.tidy_idle()
returns int
language plpgsql volatile
as $$
-- Deletes records whose number is not on the bell any more.
declare
    v_count int;
begin
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        return 0;
    end if;
    delete from queue_internal.idle as i where i.look <> queue_internal.last_look(i.queue, i.priority);
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
