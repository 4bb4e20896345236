-- A waiting lane has two cursors in one row: the window, like any lane, by which each row is taken in exactly once,
-- and the watermark (due_at, due_id), up to which rows were promoted. A row that is due when it is taken in is
-- promoted then; any other when the watermark passes it. So rows of late commits are found, nothing is promoted
-- twice, and a promoted row is never walked over again.

create or replace function queue_internal.promote_row(source queue_internal.delivery)
returns void
language plpgsql volatile
as $$
begin
    delete from queue_internal.void as v where v.lane = source.lane and v.id = source.id;
    if found then
        return;
    end if;
    if source.lease_token is not null then
        perform queue_internal.expire(source, 200);
    else
        perform queue_internal.redeliver(source, source.attempt, source.lost, source.due_at);
    end if;
end
$$;

create or replace function queue_internal.take_in(
    inout cursor_row queue_internal.claim,
    own_xid xid8,
    max_rows int,
    out promoted int
)
language plpgsql volatile
as $$
-- Takes in the next rows of a waiting lane's window; promotes those that the watermark has passed already.
declare
    v_row queue_internal.delivery;
    v_place int;
    v_seen int := 0;
    v_after bigint := cursor_row.last_id;
begin
    promoted := 0;
    if own_xid is not null then
        v_place := array_position(cursor_row.own_xids, own_xid);
        if v_place is null then
            cursor_row.own_xids := cursor_row.own_xids || own_xid;
            cursor_row.own_ids := cursor_row.own_ids || 0::bigint;
            v_place := cardinality(cursor_row.own_xids);
        end if;
        v_after := cursor_row.own_ids[v_place];
    end if;
    for v_row in
        select w.* from queue_internal.window_rows(cursor_row.lane, cursor_row.before, cursor_row.upto,
            cursor_row.last_xid, v_after, own_xid, max_rows) as w
    loop
        v_seen := v_seen + 1;
        if own_xid is not null then
            cursor_row.own_ids[v_place] := v_row.id;
        else
            cursor_row.last_xid := v_row.xid;
            cursor_row.last_id := v_row.id;
            continue when v_row.xid = any (cursor_row.before_xids)
                and v_row.id <= cursor_row.before_ids[array_position(cursor_row.before_xids, v_row.xid)];
        end if;
        if (v_row.due_at, v_row.id) <= (cursor_row.due_at, cursor_row.due_id) then
            perform queue_internal.promote_row(v_row);
            promoted := promoted + 1;
        end if;
    end loop;
    if own_xid is null then
        cursor_row.exhausted := v_seen < max_rows;
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
-- Moves the watermark of a waiting lane towards now, over at most max_rows rows.
declare
    v_now timestamptz := clock_timestamp();
    v_row queue_internal.delivery;
    v_seen int := 0;
    v_before queue_internal.claim := cursor_row;
begin
    promoted := 0;
    for v_row in
        select d.*
        from queue_internal.delivery as d
        where d.lane = v_before.lane and d.due_at is not null
            and (d.due_at, d.id) > (v_before.due_at, v_before.due_id)
            and d.due_at <= v_now
        order by d.due_at, d.id
        limit max_rows
    loop
        v_seen := v_seen + 1;
        cursor_row.due_at := v_row.due_at;
        cursor_row.due_id := v_row.id;
        if queue_internal.is_consumed(v_before, v_row.xid, v_row.id) then
            perform queue_internal.promote_row(v_row);
            promoted := promoted + 1;
        end if;
    end loop;
    if v_seen < max_rows then
        cursor_row.due_at := v_now;
        cursor_row.due_id := 0;
    end if;
end
$$;

create or replace function queue_internal.has_due(lane bigint)
returns boolean
language sql volatile
as $$
    -- Whether a waiting lane has rows to take in, or rows whose time has come.
    select exists (
            select
            from queue_internal.delivery as d
            where d.lane = has_due.lane and d.due_at is not null
                and (d.due_at, d.id) > (coalesce(c.due_at, '-infinity'), coalesce(c.due_id, 0))
                and d.due_at <= clock_timestamp())
        or exists (
            select
            from queue_internal.window_rows(has_due.lane, coalesce(c.before, '1:1:'), coalesce(c.upto, '1:1:'),
                coalesce(c.last_xid, '0'), coalesce(c.last_id, 0), null, 1))
        or exists (
            select
            from queue_internal.window_rows(has_due.lane, coalesce(c.upto, '1:1:'), pg_current_snapshot(),
                '0', 0, null, 1))
        or (pg_current_xact_id_if_assigned() is not null and exists (
            select
            from queue_internal.window_rows(has_due.lane, '1:1:', '1:1:', '0',
                coalesce(c.own_ids[array_position(c.own_xids, pg_current_xact_id_if_assigned())], 0),
                pg_current_xact_id_if_assigned(), 1)))
    from (values (1)) as one (row)
    left join queue_internal.lane_cursor(has_due.lane) as c on true
$$;

create or replace function queue_internal.promote(lane bigint, max_rows int)
returns int
language plpgsql volatile
as $$
-- Promotes what is due in one waiting lane and reaps its expired leases, bounded by max_rows; returns how many rows.
-- Skips the lane when another session is at it.
declare
    v_cursor queue_internal.claim;
    v_own xid8 := pg_current_xact_id_if_assigned();
    v_step record;
    v_promoted int := 0;
begin
    if not queue_internal.has_due(lane) or not pg_try_advisory_xact_lock(lane) then
        return 0;
    end if;
    v_cursor := queue_internal.open_lane(lane);
    if not v_cursor.exhausted then
        v_step := queue_internal.take_in(v_cursor, null, max_rows);
        v_cursor := v_step.cursor_row;
        v_promoted := v_promoted + v_step.promoted;
    end if;
    if v_cursor.exhausted then
        v_cursor := queue_internal.next_window(v_cursor);
        v_step := queue_internal.take_in(v_cursor, null, max_rows);
        v_cursor := v_step.cursor_row;
        v_promoted := v_promoted + v_step.promoted;
    end if;
    if v_own is not null then
        v_step := queue_internal.take_in(v_cursor, v_own, max_rows);
        v_cursor := v_step.cursor_row;
        v_promoted := v_promoted + v_step.promoted;
    end if;
    v_step := queue_internal.pass_watermark(v_cursor, max_rows);
    perform queue_internal.move_cursor(v_step.cursor_row);
    return v_promoted + v_step.promoted;
end
$$;
