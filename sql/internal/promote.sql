-- A waiting lane has two cursors in one row: the window, like any lane, by which each row is taken in exactly once,
-- and the watermark (due_at, due_id), up to which rows were promoted. A row that is due when it is taken in is
-- promoted then; any other when the watermark passes it. So rows of late commits are found, nothing is promoted
-- twice, and a promoted row is never walked over again.

create or replace function queue_internal.take_in(
    inout cursor_row queue_internal.claim,
    own_xid xid8,
    max_rows int,
    max_lost int,
    out promoted int
)
language plpgsql volatile
as $$
-- Takes in the next rows of a waiting lane's window; promotes those that the watermark has passed already, which are
-- few: rows of transactions that took longer than the wait. Of leases that are late reaps at most max_lost jobs, and
-- files the rest again.
declare
    v_place int := array_position(cursor_row.own_xids, own_xid);
    v_seen queue_internal.delivery;
    v_count int;
    v_late queue_internal.delivery[];
begin
    select count(*),
        array_agg(w order by w.due_at, w.id)
            filter (where (w.due_at, w.id) <= (cursor_row.due_at, cursor_row.due_id)
                and (own_xid is not null or w.xid <> all (coalesce(cursor_row.before_xids, '{}'))
                    or w.id > cursor_row.before_ids[array_position(cursor_row.before_xids, w.xid)])),
        (array_agg(w.xid))[count(*)], (array_agg(w.id))[count(*)]
    into v_count, v_late, v_seen.xid, v_seen.id
    from unnest(queue_internal.window_rows(cursor_row, own_xid, max_rows)) as w;
    promoted := 0;
    if own_xid is null then
        cursor_row.exhausted := v_count < max_rows;
    end if;
    if v_count = 0 then
        return;
    end if;
    if own_xid is null then
        cursor_row.last_xid := v_seen.xid;
        cursor_row.last_id := v_seen.id;
    elsif v_place is null then
        cursor_row.own_xids := cursor_row.own_xids || own_xid;
        cursor_row.own_ids := cursor_row.own_ids || v_seen.id;
    else
        cursor_row.own_ids[v_place] := v_seen.id;
    end if;
    if (v_late[1]).lease_token is null then
        promoted := queue_internal.promote_jobs(v_late);
    else
        promoted := (queue_internal.expire_all(v_late, max_lost, true)).looked_at;
    end if;
end
$$;

create or replace function queue_internal.pass_watermark(
    inout cursor_row queue_internal.claim,
    max_rows int,
    out promoted int
)
language plpgsql volatile
as $$
-- Moves the watermark of a waiting lane towards now, over at most max_rows rows. Rows that are not taken in yet are
-- promoted when they are.
declare
    v_now timestamptz := queue.now();
    v_seen int;
    v_due_at timestamptz;
    v_due_id bigint;
    v_due queue_internal.delivery[];
    v_looks record;
begin
    select count(*), (array_agg(w.due_at))[count(*)], (array_agg(w.id))[count(*)],
        array_agg(w) filter (where queue_internal.is_consumed(cursor_row, w.xid, w.id))
    into v_seen, v_due_at, v_due_id, v_due
    from queue_internal.due_rows(cursor_row.lane, cursor_row.due_at, cursor_row.due_id, v_now, max_rows) as w;
    if (v_due[1]).lease_token is null then
        promoted := queue_internal.promote_jobs(v_due);
    else
        v_looks := queue_internal.expire_all(v_due, max_rows, false);
        promoted := v_looks.looked_at;
        if v_looks.stopped_at is not null then
            cursor_row.due_at := v_looks.stopped_at;
            cursor_row.due_id := v_looks.stopped_id;
            return;
        end if;
    end if;
    if v_seen > 0 then
        cursor_row.due_at := v_due_at;
        cursor_row.due_id := v_due_id;
    end if;
    if v_seen < max_rows and cursor_row.due_at < v_now then
        cursor_row.due_at := v_now;
        cursor_row.due_id := 0;
    end if;
end
$$;

create or replace function queue_internal.rewind(inout cursor_row queue_internal.claim, max_rows int)
language plpgsql volatile
as $$
-- After the server's clock was stepped back: moves the watermark back to now, or over max_rows rows of the way. The
-- jobs that it had passed there were promoted, and must not be when it passes them again. To look at a lease twice does
-- no harm.
declare
    v_now timestamptz := queue.now();
    v_seen int;
    v_due_at timestamptz;
    v_due_id bigint;
begin
    if cursor_row.due_at <= v_now + interval '1 second' then
        return;
    end if;
    with passed as materialized (
        select d.due_at, d.xid, d.id, d.lease_token
        from queue_internal.delivery as d
        where d.lane = cursor_row.lane and d.slot < 3 and d.due_at is not null and d.due_at > v_now
            and (d.due_at, d.id) <= (cursor_row.due_at, cursor_row.due_id)
        order by d.due_at desc, d.id desc
        limit max_rows
    ),
    voided as (
        insert into queue_internal.void (lane, id)
        select cursor_row.lane, p.id
        from passed as p
        where p.lease_token is null and queue_internal.is_consumed(cursor_row, p.xid, p.id)
        on conflict do nothing
    )
    select count(*), (array_agg(p.due_at))[count(*)], (array_agg(p.id))[count(*)] into v_seen, v_due_at, v_due_id
    from passed as p;
    if v_seen < max_rows then
        cursor_row.due_at := v_now;
        cursor_row.due_id := 0;
    else
        cursor_row.due_at := v_due_at;
        cursor_row.due_id := v_due_id - 1;
    end if;
end
$$;

create or replace function queue_internal.promote(lane bigint, max_rows int, patience interval)
returns int
language plpgsql volatile
as $$
-- Promotes what is due in one waiting lane, or reaps what has expired in a lane of leases; at most max_rows rows.
-- Returns how many. Skips the lane when another session is at it. Writes no cursor when nothing was there to see.
declare
    v_cursor queue_internal.claim := queue_internal.lane_cursor(lane);
    v_own xid8 := pg_current_xact_id_if_assigned();
    v_step record;
    v_promoted int := 0;
begin
    if v_cursor.lane is null then
        v_cursor := queue_internal.first_cursor(lane);
    end if;
    if not queue_internal.has_due(v_cursor, patience) or not pg_try_advisory_xact_lock(lane) then
        return 0;
    end if;
    v_cursor := queue_internal.rewind(queue_internal.open_lane(lane), 10000);
    -- What is taken in costs little, so that a lane with many short waits cannot fall behind.
    if not v_cursor.exhausted then
        v_step := queue_internal.take_in(v_cursor, null, 10000, max_rows);
        v_cursor := v_step.cursor_row;
        v_promoted := v_promoted + v_step.promoted;
    end if;
    if v_cursor.exhausted then
        v_step := queue_internal.take_in(queue_internal.next_window(v_cursor), null, 10000, max_rows);
        v_cursor := v_step.cursor_row;
        v_promoted := v_promoted + v_step.promoted;
    end if;
    if v_own is not null then
        v_step := queue_internal.take_in(v_cursor, v_own, 10000, max_rows);
        v_cursor := v_step.cursor_row;
        v_promoted := v_promoted + v_step.promoted;
    end if;
    v_step := queue_internal.pass_watermark(v_cursor, max_rows);
    perform queue_internal.move_cursor(v_step.cursor_row);
    return v_promoted + v_step.promoted;
end
$$;

create or replace function queue_internal.promote_for_claim(lane bigint, max_rows int)
returns int
language plpgsql volatile
as $$
-- A claim's share of promoting and reaping. A transaction with an old snapshot, which reads a cursor that another has
-- moved since, leaves it to the others: no reason to refuse the claim itself.
begin
    if current_setting('transaction_isolation') not in ('repeatable read', 'serializable') then
        return queue_internal.promote(lane, max_rows, interval '500 milliseconds');
    end if;
    begin
        return queue_internal.promote(lane, max_rows, interval '500 milliseconds');
    exception
        when serialization_failure then
            return 0;
    end;
end
$$;

create or replace function queue_internal.promote_due(queue text)
returns int
language plpgsql volatile
as $$
-- What each claim does for its queue before it looks for work: due jobs become ready, up to 500, which takes
-- some 7 ms.
begin
    return queue_internal.promote_for_claim(queue_internal.lane_id('waiting', queue, 0, 0, null), 500);
end
$$;

create or replace function queue_internal.reap(queue text)
returns int
language plpgsql volatile
as $$
-- Looks at the queue's leases that have ended; what claims do that came up short, and now and then any other.
begin
    return queue_internal.promote_for_claim(queue_internal.lane_id('leases', queue, 0, 0, null), 100);
end
$$;
