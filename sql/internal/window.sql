-- A lane's window: the rows visible in upto but not in before, after (last_xid, last_id), oldest first. Three
-- functions, because each statement pays for every scan that it might make, over every slot: most claims need only
-- the range. Each has its own limit and index order (lane, xid, id), or the planner sorts the whole backlog, and
-- starts where the cursor stands, or it walks over what was handed out. Bodies are left out: a window may hold
-- thousands of rows of megabytes. The last slot is left out: what is kept there was handed out.

create or replace function queue_internal.range_rows(
    lane bigint,
    before pg_snapshot,
    upto pg_snapshot,
    last_xid xid8,
    last_id bigint,
    max_rows int,
    with_bodies boolean default false
)
returns setof queue_internal.delivery
language sql stable
as $$
    -- The part of the window that lies between the two snapshots' ends.
    select d.xid, d.id, d.lane, d.job_id, d.lease_token, d.due_at, d.enqueued_at, d.replay_of, d.slot, d.priority,
        d.attempt, d.lost, d.max_attempts, d.revision, d.queue, d.kind, d.unique_key, d.group_key, d.routing_key,
        case when with_bodies then d.headers end, case when with_bodies then d.payload end
    from queue_internal.delivery as d
    where d.lane = range_rows.lane and d.slot < 3
        and (d.xid, d.id) > (greatest(range_rows.last_xid, pg_snapshot_xmax(range_rows.before)),
            case when range_rows.last_xid >= pg_snapshot_xmax(range_rows.before) then range_rows.last_id else 0 end)
        and d.xid < pg_snapshot_xmax(range_rows.upto)
        and pg_visible_in_snapshot(d.xid, range_rows.upto)
    order by d.xid, d.id
    limit range_rows.max_rows
$$;

create or replace function queue_internal.late_rows(
    lane bigint,
    before pg_snapshot,
    upto pg_snapshot,
    last_xid xid8,
    last_id bigint,
    max_rows int
)
returns setof queue_internal.delivery
language sql stable
as $$
    -- The part of the window that transactions wrote which were in progress in before. All of it comes before the
    -- range. Lateral, or the planner hashes the whole lane.
    select d.xid, d.id, d.lane, d.job_id, d.lease_token, d.due_at, d.enqueued_at, d.replay_of, d.slot, d.priority,
        d.attempt, d.lost, d.max_attempts, d.revision, d.queue, d.kind, d.unique_key, d.group_key, d.routing_key,
        null::jsonb, null::jsonb
    from pg_snapshot_xip(late_rows.before) as b (xid)
    cross join lateral (
        select i.*
        from queue_internal.delivery as i
        where i.lane = late_rows.lane and i.slot < 3 and i.xid = b.xid
            and i.id > case when b.xid = late_rows.last_xid then late_rows.last_id else 0 end
        order by i.id
        limit late_rows.max_rows
    ) as d
    where b.xid >= late_rows.last_xid
        and pg_visible_in_snapshot(b.xid, late_rows.upto)
    order by d.xid, d.id
    limit late_rows.max_rows
$$;

create or replace function queue_internal.own_rows(lane bigint, own_xid xid8, last_id bigint, max_rows int)
returns setof queue_internal.delivery
language sql stable
as $$
    -- What the caller's own transaction wrote, after last_id.
    select d.xid, d.id, d.lane, d.job_id, d.lease_token, d.due_at, d.enqueued_at, d.replay_of, d.slot, d.priority,
        d.attempt, d.lost, d.max_attempts, d.revision, d.queue, d.kind, d.unique_key, d.group_key, d.routing_key,
        null::jsonb, null::jsonb
    from queue_internal.delivery as d
    where d.lane = own_rows.lane and d.slot < 3 and d.xid = own_rows.own_xid and d.id > own_rows.last_id
    order by d.xid, d.id
    limit own_rows.max_rows
$$;

create or replace function queue_internal.has_late(cursor_row queue_internal.claim)
returns boolean
language plpgsql immutable
as $$
-- Whether the window may have a part that comes before its range.
begin
    return cursor_row.last_xid < pg_snapshot_xmax(cursor_row.before)
        and pg_snapshot_xmin(cursor_row.before) < pg_snapshot_xmax(cursor_row.before);
end
$$;

create or replace function queue_internal.window_rows(
    cursor_row queue_internal.claim,
    own_xid xid8,
    max_rows int
)
returns queue_internal.delivery[]
language plpgsql stable
as $$
-- The next rows of the cursor's window, in order, at most max_rows; null for none. With own_xid, the rows of that
-- transaction, which no snapshot shows, instead.
declare
    v_rows queue_internal.delivery[];
    v_more queue_internal.delivery[];
    v_after bigint;
begin
    if own_xid is not null then
        v_after := coalesce(cursor_row.own_ids[array_position(cursor_row.own_xids, own_xid)], 0);
        select array_agg(w) into v_rows
        from queue_internal.own_rows(cursor_row.lane, own_xid, v_after, max_rows) as w;
        return v_rows;
    end if;
    if queue_internal.has_late(cursor_row) then
        select array_agg(w) into v_rows
        from queue_internal.late_rows(cursor_row.lane, cursor_row.before, cursor_row.upto, cursor_row.last_xid,
            cursor_row.last_id, max_rows) as w;
        if cardinality(v_rows) = max_rows then
            return v_rows;
        end if;
        select array_agg(w) into v_more
        from queue_internal.range_rows(cursor_row.lane, cursor_row.before, cursor_row.upto, cursor_row.last_xid,
            cursor_row.last_id, max_rows - coalesce(cardinality(v_rows), 0)) as w;
        return v_rows || v_more;
    end if;
    select array_agg(w) into v_rows
    from queue_internal.range_rows(cursor_row.lane, cursor_row.before, cursor_row.upto, cursor_row.last_xid,
        cursor_row.last_id, max_rows) as w;
    return v_rows;
end
$$;

create or replace function queue_internal.late_keys(cursor_row queue_internal.claim, max_rows int)
returns queue_internal.row_keys
language plpgsql stable
as $$
declare
    v_keys queue_internal.row_keys;
begin
    select array_agg(w.slot), array_agg(w.xid), array_agg(w.id), array_agg(w.job_id), array_agg(w.attempt),
        array_agg(coalesce(w.due_at, w.enqueued_at)), array_agg(w.kind), bool_or(w.unique_key is not null)
    into v_keys
    from queue_internal.late_rows(cursor_row.lane, cursor_row.before, cursor_row.upto, cursor_row.last_xid,
        cursor_row.last_id, max_rows) as w;
    return v_keys;
end
$$;

create or replace function queue_internal.range_keys(cursor_row queue_internal.claim, max_rows int)
returns queue_internal.row_keys
language plpgsql stable
as $$
declare
    v_keys queue_internal.row_keys;
begin
    select array_agg(w.slot), array_agg(w.xid), array_agg(w.id), array_agg(w.job_id), array_agg(w.attempt),
        array_agg(coalesce(w.due_at, w.enqueued_at)), array_agg(w.kind), bool_or(w.unique_key is not null)
    into v_keys
    from queue_internal.range_rows(cursor_row.lane, cursor_row.before, cursor_row.upto, cursor_row.last_xid,
        cursor_row.last_id, max_rows) as w;
    return v_keys;
end
$$;

create or replace function queue_internal.own_keys(
    cursor_row queue_internal.claim,
    own_xid xid8,
    max_rows int
)
returns queue_internal.row_keys
language plpgsql stable
as $$
declare
    v_after bigint := coalesce(cursor_row.own_ids[array_position(cursor_row.own_xids, own_xid)], 0);
    v_keys queue_internal.row_keys;
begin
    select array_agg(w.slot), array_agg(w.xid), array_agg(w.id), array_agg(w.job_id), array_agg(w.attempt),
        array_agg(coalesce(w.due_at, w.enqueued_at)), array_agg(w.kind), bool_or(w.unique_key is not null)
    into v_keys
    from queue_internal.own_rows(cursor_row.lane, own_xid, v_after, max_rows) as w;
    return v_keys;
end
$$;
