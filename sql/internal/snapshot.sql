create or replace function queue_internal.cursor_snapshot()
returns pg_snapshot
language plpgsql volatile
as $$
-- The current snapshot as a lane's cursor may store it: with the caller's own transaction named as in progress.
-- Left out, the rows that this transaction writes later would count as seen for ever.
declare
    v_snapshot pg_snapshot := pg_current_snapshot();
    v_own xid8 := pg_current_xact_id_if_assigned();
begin
    if v_own is null or not pg_visible_in_snapshot(v_own, v_snapshot) then
        return v_snapshot;
    end if;
    return format('%s:%s:%s',
        case when v_own < pg_snapshot_xmin(v_snapshot) then v_own else pg_snapshot_xmin(v_snapshot) end,
        pg_snapshot_xmax(v_snapshot),
        (select string_agg(s.xid::text, ',' order by s.xid)
         from (select v_own as xid union select pg_snapshot_xip(v_snapshot)) as s))::pg_snapshot;
end
$$;

create or replace function queue_internal.first_ended(before pg_snapshot, upto pg_snapshot)
returns xid8
language plpgsql immutable
as $$
-- The oldest transaction that was in progress in before and is over in upto; null for none. One that is held open for
-- hours is none of them.
begin
    return (
        select x.xid
        from pg_snapshot_xip(before) as x (xid)
        where pg_visible_in_snapshot(x.xid, upto)
        order by x.xid
        limit 1);
end
$$;

create or replace function queue_internal.is_consumed(
    cursor_row queue_internal.claim,
    xid xid8,
    id bigint
)
returns boolean
language plpgsql immutable
as $$
-- Whether the delivery (xid, id) was handed out by the claim whose row this is, or before it in its lane.
-- It only ever turns from false to true along a lane's claims, which is what makes binary search possible.
begin
    return case
        when cursor_row.lane is null then false
        when xid = any (cursor_row.own_xids) then
            id <= cursor_row.own_ids[array_position(cursor_row.own_xids, xid)]
        when pg_visible_in_snapshot(xid, cursor_row.before) then true
        when xid = any (cursor_row.before_xids)
            and id <= cursor_row.before_ids[array_position(cursor_row.before_xids, xid)] then true
        else pg_visible_in_snapshot(xid, cursor_row.upto)
            and (cursor_row.exhausted or (xid, id) <= (cursor_row.last_xid, cursor_row.last_id))
    end;
end
$$;
