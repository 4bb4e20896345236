create or replace function queue_internal.lane_cursor(lane bigint)
returns queue_internal.claim
language plpgsql stable
as $$
-- The lane's newest claim; the last slot holds copies of old ones. Null for a lane never claimed from.
declare
    v_row queue_internal.claim;
begin
    select c.* into v_row
    from queue_internal.claim as c
    where c.lane = lane_cursor.lane and c.slot < 3
    order by c.number desc
    limit 1;
    return v_row;
end
$$;

create or replace function queue_internal.first_cursor(lane bigint)
returns queue_internal.claim
language plpgsql stable
as $$
declare
    v_cursor queue_internal.claim;
begin
    v_cursor.lane := lane;
    v_cursor.number := 0;
    v_cursor.before := '1:1:';
    v_cursor.upto := '1:1:';
    v_cursor.last_xid := '0';
    v_cursor.last_id := 0;
    v_cursor.exhausted := true;
    v_cursor.due_at := '-infinity';
    v_cursor.due_id := 0;
    return v_cursor;
end
$$;

create or replace function queue_internal.hold_ring()
returns void
language plpgsql volatile
as $$
-- In a transaction with an old snapshot: no slot is switched until it ends; 40001 when one was since the snapshot, for
-- what was moved then is not seen. Nobody waits for it: rotate() looks first.
begin
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        perform from queue_internal.rotation as r where r.singleton for share;
    end if;
end
$$;

create or replace function queue_internal.open_lane(lane bigint)
returns queue_internal.claim
language plpgsql volatile
as $$
-- The lane's cursor, for a caller that holds the lane's lock and is going to move it.
-- A transaction with an old snapshot may read an old cursor: the unique (lane, number) refuses what it writes,
-- unless a slot was switched in between; locking the switch refuses that too. Both are 40001 for the caller.
declare
    v_cursor queue_internal.claim;
begin
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then  -- spares others the call
        perform queue_internal.hold_ring();
    end if;
    v_cursor := queue_internal.lane_cursor(lane);
    if v_cursor.lane is null then
        return queue_internal.first_cursor(lane);
    end if;
    if pg_snapshot_xmax(v_cursor.upto) > pg_snapshot_xmax(pg_current_snapshot()) then
        raise exception 'the data of this queue was copied from another cluster and is not rebased yet'
            using errcode = '55000', hint = 'run: select queue.maintain()';
    end if;
    return v_cursor;
end
$$;

create or replace function queue_internal.next_window(cursor_row queue_internal.claim)
returns queue_internal.claim
language plpgsql volatile
as $$
-- The cursor moved on to what was committed since its upto: nothing is handed out yet.
declare
    v_upto pg_snapshot := queue_internal.cursor_snapshot();
    v_own xid8 := pg_current_xact_id_if_assigned();
    v_place int := array_position(cursor_row.own_xids, v_own);
begin
    cursor_row.before := cursor_row.upto;
    cursor_row.before_xids := cursor_row.own_xids;
    cursor_row.before_ids := cursor_row.own_ids;
    -- Only the caller's own transaction can still be in progress: the lane's lock keeps all others out.
    cursor_row.own_xids := case when v_place is not null then array[v_own] end;
    cursor_row.own_ids := case when v_place is not null then array[cursor_row.own_ids[v_place]] end;
    cursor_row.upto := v_upto;
    cursor_row.last_xid := '0';
    cursor_row.last_id := 0;
    cursor_row.exhausted := false;
    return cursor_row;
end
$$;

create or replace function queue_internal.refuse_cursor()
returns void
language plpgsql volatile
as $$
-- For a cursor that was moved on since the caller's snapshot; Postgres itself may say the same first.
begin
    raise exception 'could not serialize access: another claim came first'
        using errcode = '40001', hint = 'begin the transaction again, or claim in READ COMMITTED';
end
$$;

create or replace function queue_internal.move_cursor(
    cursor_row queue_internal.claim,
    at timestamptz default queue.now()
)
returns void
language plpgsql volatile
as $$
-- Writes the cursor as the lane's next claim row, made at that time.
declare
    v_slot smallint;
begin
    select r.slot into v_slot from queue_internal.rotation as r where r.singleton;
    insert into queue_internal.claim (slot, home, lane, number, token, last_xid, last_id, claimed_at, due_at, due_id,
        exhausted, before, upto, before_xids, before_ids, own_xids, own_ids)
    values (v_slot, v_slot, cursor_row.lane, cursor_row.number + 1, 0, cursor_row.last_xid, cursor_row.last_id,
        move_cursor.at, cursor_row.due_at, cursor_row.due_id, cursor_row.exhausted, cursor_row.before,
        cursor_row.upto, cursor_row.before_xids, cursor_row.before_ids, cursor_row.own_xids, cursor_row.own_ids)
    on conflict do nothing;
    if not found then
        perform queue_internal.refuse_cursor();
    end if;
end
$$;
