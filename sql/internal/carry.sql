-- Emptying a slot: what is still needed of it is moved on, a bounded share at each call, so that the slot can be
-- truncated whole. Each function returns how much it moved; zero means that nothing was left.

create or replace function queue_internal.unconsumed_in(lane bigint, slot int)
returns boolean
language plpgsql stable
as $$
-- Whether the slot holds a row of the lane that no claim has handed out: one that the cursor has not come to, or of a
-- transaction that was in progress in one of its snapshots. From where the oldest of those began on there may be all of
-- the slot, while one is held open.
declare
    v_cursor queue_internal.claim := queue_internal.lane_cursor(lane);
    v_from xid8 := case when v_cursor.exhausted then pg_snapshot_xmax(v_cursor.upto)
        else greatest(pg_snapshot_xmax(v_cursor.before), v_cursor.last_xid, '0') end;
    v_late xid8[] := array(
        select pg_snapshot_xip(v_cursor.before) union select pg_snapshot_xip(v_cursor.upto));
begin
    return exists (
        select
        from queue_internal.delivery as d
        where d.slot = unconsumed_in.slot and d.lane = unconsumed_in.lane and d.xid >= v_from
            and not queue_internal.is_consumed(v_cursor, d.xid, d.id)
    ) or exists (
        select
        from queue_internal.delivery as d
        where d.slot = unconsumed_in.slot and d.lane = unconsumed_in.lane and d.xid = any (v_late)
            and not queue_internal.is_consumed(v_cursor, d.xid, d.id));
end
$$;

create or replace function queue_internal.carry_lane(lane bigint, slot int, max_rows int)
returns int
language plpgsql volatile
as $$
-- Moves the first rows of a ready lane to the lane of redelivered jobs, body and rank with them, and the cursor over
-- them. A lane that somebody claims from is left for the next call, and the slot with it: what is claimed by then
-- need not be moved.
declare
    v_cursor queue_internal.claim;
    v_row queue_internal.delivery;
    v_moved int := 0;
begin
    if not queue_internal.unconsumed_in(lane, slot) then
        return 0;
    elsif not pg_try_advisory_xact_lock(lane) then
        return 1;
    end if;
    v_cursor := queue_internal.open_lane(lane);
    for v_step in 1 .. 2 loop
        if v_cursor.exhausted then
            v_cursor := queue_internal.next_window(v_cursor);
        end if;
        foreach v_row in array coalesce(queue_internal.window_rows(v_cursor, null, max_rows - v_moved), '{}')
        loop
            v_moved := v_moved + 1;
            v_cursor.last_xid := v_row.xid;
            v_cursor.last_id := v_row.id;
            if queue_internal.fate(v_cursor, v_row.xid, v_row.id, v_row.kind, null, null) = 'taken'
                and (v_row.unique_key is null or not queue_internal.outdated(v_row.job_id, v_row.revision))
            then
                perform queue_internal.redeliver(v_row, v_row.attempt, v_row.lost, v_row.due_at);
            end if;
        end loop;
        v_cursor.exhausted := v_moved < max_rows;
        exit when not v_cursor.exhausted;
    end loop;
    perform queue_internal.move_cursor(v_cursor);
    return v_moved;
end
$$;

create or replace function queue_internal.waits_in(lane bigint, slot int)
returns boolean
language plpgsql stable
as $$
-- Whether the slot holds a row of the waiting lane that was not promoted, or a lease that may need a look. What is seen
-- without the lane's lock can only become less.
declare
    v_cursor queue_internal.claim := queue_internal.lane_cursor(lane);
begin
    if v_cursor.lane is null then
        v_cursor := queue_internal.first_cursor(lane);
    end if;
    return exists (
        select
        from queue_internal.delivery as d
        cross join lateral queue_internal.is_needed(waits_in.slot, d.lane, d.id, d.lease_token, d.job_id)
        where d.slot = waits_in.slot and d.lane = waits_in.lane and d.due_at is not null
            and (d.due_at, d.id) > (v_cursor.due_at, v_cursor.due_id)
    ) or exists (
        select
        from queue_internal.delivery as d
        cross join lateral queue_internal.is_needed(waits_in.slot, d.lane, d.id, d.lease_token, d.job_id)
        where d.slot = waits_in.slot and d.lane = waits_in.lane and d.due_at is not null
            and (d.due_at, d.id) <= (v_cursor.due_at, v_cursor.due_id)
            and d.xid >= pg_snapshot_xmin(v_cursor.before) and not queue_internal.is_consumed(v_cursor, d.xid, d.id));
end
$$;

create or replace function queue_internal.carry_waiting(lane bigint, slot int, max_rows int)
returns int
language plpgsql volatile
as $$
-- Files the rows of a waiting lane that are not due yet anew, in the slot being filled, and voids the old ones. A job
-- that an open transaction is changing by its unique key is left for the next call, and the slot with it. Leases of
-- what is settled go with the slot: moving each, one of every claim of the last seconds, took longer than filling the
-- next slot.
declare
    v_cursor queue_internal.claim;
    v_row queue_internal.delivery;
    v_moved int := 0;
    v_fate text;
begin
    if not queue_internal.waits_in(lane, slot) then
        return 0;
    elsif not pg_try_advisory_xact_lock(lane) then
        return 1;
    end if;
    v_cursor := queue_internal.open_lane(lane);
    for v_row in
        select d.*
        from queue_internal.delivery as d
        cross join lateral queue_internal.is_needed(carry_waiting.slot, d.lane, d.id, d.lease_token, d.job_id)
        where d.slot = carry_waiting.slot and d.lane = carry_waiting.lane and d.due_at is not null
            and ((d.due_at, d.id) > (v_cursor.due_at, v_cursor.due_id)
                or d.xid >= pg_snapshot_xmin(v_cursor.before) and not queue_internal.is_consumed(v_cursor, d.xid, d.id))
        order by d.due_at, d.id
        limit max_rows
    loop
        v_moved := v_moved + 1;
        v_fate := case when v_row.unique_key is null then 'taken'
            else queue_internal.key_fate(v_row.job_id, v_row.revision) end;
        continue when v_fate = 'busy';
        insert into queue_internal.void (lane, id) values (v_row.lane, v_row.id) on conflict do nothing;
        continue when v_fate = 'dropped';
        if v_row.lease_token is not null then
            perform queue_internal.file_lease(v_row.queue, v_row.lease_token, v_row.job_id, v_row.due_at);
        else
            perform queue_internal.redeliver(v_row, v_row.attempt, v_row.lost, v_row.due_at);
        end if;
    end loop;
    return v_moved;
end
$$;

create or replace function queue_internal.carry_cursor(lane bigint, slot int)
returns int
language plpgsql volatile
as $$
-- Writes a lane's cursor anew when it stands in the slot to be emptied.
begin
    if (queue_internal.lane_cursor(lane)).slot is distinct from slot then
        return 0;
    end if;
    if pg_try_advisory_xact_lock(lane) then
        perform queue_internal.move_cursor(queue_internal.open_lane(lane));
    end if;
    return 1;
end
$$;
