-- Whether a look at a waiting lane would find something: a look writes a cursor, so an idle lane gets none. What is new
-- since the cursor's last look is told by the ids of transactions, as for any lane: those it did not see the end of.

create or replace function queue_internal.has_own(cursor_row queue_internal.claim)
returns boolean
language plpgsql volatile
as $$
-- Whether the caller's transaction, which has an id, has written rows into the lane that the cursor has not come to.
begin
    return (queue_internal.own_keys(cursor_row, pg_current_xact_id(), 1)).ids is not null;
end
$$;

create or replace function queue_internal.has_late_ended(cursor_row queue_internal.claim)
returns boolean
language sql stable
as $$
    -- Whether a transaction that was in progress at the cursor's last look has written into the lane, and has ended.
    -- When there were many, one look more is cheaper than so many probes.
    select (select count(*) > 16 from pg_snapshot_xip(cursor_row.upto)) or exists (
        select
        from pg_snapshot_xip(cursor_row.upto) as p (xid)
        cross join lateral (
            select
            from queue_internal.delivery as d
            where d.lane = cursor_row.lane and d.slot < 3 and d.xid = p.xid
            order by d.id
            limit 1
        ) as late
        where pg_visible_in_snapshot(p.xid, pg_current_snapshot()))
$$;

create or replace function queue_internal.has_unseen(cursor_row queue_internal.claim)
returns boolean
language plpgsql volatile
as $$
-- Whether the lane has rows that the cursor has not come to, beside those that will be due. They are of transactions
-- that were in progress at its last look; or of one that had decided on a due time before it, and had no id yet: these
-- wait for the oldest transaction in progress, so that what is in progress, perhaps a million rows, is not walked over.
-- Also true of a cursor from another cluster, for open_lane to refuse.
declare
    v_now pg_snapshot := pg_current_snapshot();
begin
    if not cursor_row.exhausted or pg_snapshot_xmax(cursor_row.upto) > pg_snapshot_xmax(v_now) then
        return true;
    end if;
    perform
    from queue_internal.delivery as d
    where d.lane = cursor_row.lane and d.slot < 3 and d.xid >= pg_snapshot_xmax(cursor_row.upto)
        and d.xid < pg_snapshot_xmin(v_now)
    order by d.xid, d.id
    limit 1;
    if found or pg_snapshot_xmin(cursor_row.upto) < pg_snapshot_xmax(cursor_row.upto)
        and queue_internal.has_late_ended(cursor_row)
    then
        return true;
    end if;
    return pg_current_xact_id_if_assigned() is not null and queue_internal.has_own(cursor_row);
end
$$;

create or replace function queue_internal.has_due(cursor_row queue_internal.claim, patience interval)
returns boolean
language plpgsql volatile
as $$
-- Whether a waiting lane is worth a look, which writes a cursor: a row is due; or the last look is patience ago, and
-- there are rows since, which may be of a transaction that took longer than their wait; or cursor or watermark lie
-- ahead, because the server's clock was stepped back; or this transaction wrote into it.
declare
    v_now timestamptz := queue.now();  -- a volatile function would be called for each row, not searched for
begin
    perform
    from queue_internal.delivery as d
    where d.lane = cursor_row.lane and d.slot < 3 and d.due_at is not null
        and (d.due_at, d.id) > (cursor_row.due_at, cursor_row.due_id) and d.due_at <= v_now
    order by d.due_at, d.id
    limit 1;
    if found or greatest(cursor_row.claimed_at, cursor_row.due_at) > v_now + interval '1 second' then
        return true;
    elsif cursor_row.claimed_at >= v_now - patience then
        return pg_current_xact_id_if_assigned() is not null and queue_internal.has_own(cursor_row);
    end if;
    return queue_internal.has_unseen(cursor_row);
end
$$;
