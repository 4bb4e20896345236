create or replace function queue_internal.window_rows(
    lane bigint,
    before pg_snapshot,
    upto pg_snapshot,
    last_xid xid8,
    last_id bigint,
    own_xid xid8,
    max_rows int
)
returns setof queue_internal.delivery
language sql stable
as $$
    -- The lane's rows that are visible in upto but not in before, after (last_xid, last_id), oldest first.
    -- Transactions that were in progress in before come one by one; the rest is one range of the index
    -- (lane, xid, id). With own_xid, the rows of that transaction after last_id instead.
    -- Each part has its own limit, or the planner sorts the whole backlog; the first is lateral, or it hashes it.
    select w.*
    from (
        (select d.*
        from pg_snapshot_xip(window_rows.before) as b (xid)
        cross join lateral (
            select i.*
            from queue_internal.delivery as i
            where i.lane = window_rows.lane
                and i.xid = b.xid
                and (i.xid, i.id) > (window_rows.last_xid, window_rows.last_id)
            order by i.id
            limit window_rows.max_rows
        ) as d
        where window_rows.own_xid is null
            and b.xid >= window_rows.last_xid
            and pg_visible_in_snapshot(b.xid, window_rows.upto)
        order by d.xid, d.id
        limit window_rows.max_rows)
        union all
        (select d.*
        from queue_internal.delivery as d
        where window_rows.own_xid is null
            and d.lane = window_rows.lane
            and d.xid >= pg_snapshot_xmax(window_rows.before)
            and d.xid < pg_snapshot_xmax(window_rows.upto)
            and (d.xid, d.id) > (window_rows.last_xid, window_rows.last_id)
            and pg_visible_in_snapshot(d.xid, window_rows.upto)
        order by d.xid, d.id
        limit window_rows.max_rows)
        union all
        (select d.*
        from queue_internal.delivery as d
        where d.lane = window_rows.lane
            and d.xid = window_rows.own_xid
            and d.id > window_rows.last_id
        order by d.xid, d.id
        limit window_rows.max_rows)
    ) as w
    order by w.xid, w.id
    limit window_rows.max_rows
$$;
