-- How many jobs of a queue are where. Each count walks an index for a bounded number of rows; beyond that it is an
-- estimate, and says so.

create or replace function queue_internal.place_in(
    lane bigint,
    out cursor_row queue_internal.claim,
    out is_plain boolean,
    out xid xid8,
    out id bigint,
    out late xid8[]
)
language plpgsql volatile
as $$
-- Where the rows of a ready lane begin that no claim has handed out: after (xid, id) all of them, unless not is_plain;
-- before it some of the late transactions, which were in progress when the cursor's snapshots were taken.
declare
    v_reached xid8;
begin
    cursor_row := queue_internal.lane_cursor(lane);
    v_reached := pg_snapshot_xmax(case when cursor_row.exhausted then cursor_row.upto else cursor_row.before end);
    is_plain := cursor_row.own_xids is null and cursor_row.before_xids is null;
    xid := coalesce(greatest(v_reached, case when not cursor_row.exhausted then cursor_row.last_xid end), '0');
    id := case when xid = cursor_row.last_xid and not cursor_row.exhausted then cursor_row.last_id else 0 end;
    if cursor_row.lane is not null then
        late := array(select pg_snapshot_xip(cursor_row.before) union select pg_snapshot_xip(cursor_row.upto));
    end if;
end
$$;

create or replace function queue_internal.ready_lanes(queue text, max_rows int)
returns table (lane bigint, seen bigint, depth bigint, since timestamptz, from_xid xid8, from_id bigint)
language plpgsql volatile
as $$
-- The lanes of what is ready: how many rows each has that no claim has handed out, up to max_rows, how many of them are
-- not void, and since when the first of those waits; when all that were seen are void, no longer than what follows
-- them.
begin
    return query
    select l.lane, n.seen, n.depth, coalesce(n.since, case when n.seen >= max_rows then n.until end), s.xid, s.id
    from (
        select distinct k.lane from queue_internal.lane as k
        where k.queue = ready_lanes.queue and k.rested is null and k.purpose in ('ready', 'again', 'parked')
    ) as l
    cross join lateral queue_internal.place_in(l.lane) as s
    cross join lateral (
        select exists (select from queue_internal.void as v where v.lane = l.lane) as has_void offset 0) as o
    cross join lateral (
        select count(*) as seen, count(*) filter (where w.counts) as depth, min(w.at) filter (where w.counts) as since,
            max(w.at) as until
        from (
            select r.at, case when o.has_void
                then (select v.id from queue_internal.void as v where v.lane = l.lane and v.id = r.id) is null
                else true end as counts
            from (
                (select d.id, coalesce(d.due_at, d.enqueued_at) as at
                from queue_internal.delivery as d
                where d.lane = l.lane and d.slot < 3 and (d.xid, d.id) > (s.xid, s.id)
                    and (s.is_plain or not queue_internal.is_consumed(s.cursor_row, d.xid, d.id))
                order by d.xid, d.id
                limit max_rows)
                union all
                (select i.id, i.at
                from unnest(s.late) as p (xid)
                cross join lateral (
                    select d.id, coalesce(d.due_at, d.enqueued_at) as at
                    from queue_internal.delivery as d
                    where d.lane = l.lane and d.slot < 3 and d.xid = p.xid and (d.xid, d.id) <= (s.xid, s.id)
                        and not queue_internal.is_consumed(s.cursor_row, d.xid, d.id)
                    limit max_rows
                ) as i
                limit max_rows)
            ) as r
        ) as w
    ) as n;
end
$$;

create or replace function queue_internal.throttled_since(queue text)
returns timestamptz
language plpgsql volatile
as $$
-- Since when the first job waits that a limit holds back, of the first hundred groups and priorities of the queue.
begin
    return (
        with recursive head as (
            (select b.group_key, b.rank, b.job_id, b.id, 1 as number
            from queue_internal.throttled as b
            where b.queue = throttled_since.queue
            order by b.group_key, b.rank, b.job_id
            limit 1)
            union all
            select n.group_key, n.rank, n.job_id, n.id, h.number + 1
            from head as h
            cross join lateral (
                select b.group_key, b.rank, b.job_id, b.id
                from queue_internal.throttled as b
                where b.queue = throttled_since.queue and (b.group_key, b.rank) > (h.group_key, h.rank)
                order by b.group_key, b.rank, b.job_id
                limit 1
            ) as n
            where h.number < 100
        )
        select min(i.at)
        from head as h
        cross join lateral (
            select coalesce(d.due_at, d.enqueued_at) as at
            from queue_internal.delivery as d
            where d.job_id = h.job_id and d.id = h.id
            limit 1
        ) as i);
end
$$;

create or replace function queue_internal.estimate_lanes(lanes bigint[], from_xids xid8[], from_ids bigint[])
returns bigint
language plpgsql volatile
as $$
-- About how many rows the lanes have after their places: from some of the blocks between the first such row and the
-- end of each slot.
declare
    v_first bigint;
    v_end bigint;
    v_mean float8;
    v_sum float8 := 0;
begin
    for v_slot in 0 .. 2 loop
        v_end := queue_internal.slot_blocks('delivery', v_slot);
        continue when v_end = 0;
        select min((first.place::text::point)[0]) into v_first
        from unnest(lanes, from_xids, from_ids) as l (lane, xid, id)
        cross join lateral (
            select d.ctid as place
            from queue_internal.delivery as d
            where d.slot = v_slot and d.lane = l.lane and (d.xid, d.id) > (l.xid, l.id)
            order by d.xid, d.id
            limit 1
        ) as first;
        continue when v_first is null;
        select avg(s.found) into v_mean
        from queue_internal.steady_spread(v_first, v_end, 32) as b (block)
        cross join lateral (
            select count(*) as found
            from queue_internal.delivery as d
            join unnest(lanes, from_xids, from_ids) as l (lane, xid, id)
                on l.lane = d.lane and (d.xid, d.id) > (l.xid, l.id)
            where d.slot = v_slot and d.ctid >= queue_internal.block_start(b.block)
                and d.ctid < queue_internal.block_start(b.block + 1)
        ) as s;
        v_sum := v_sum + coalesce(v_mean, 0) * (v_end - v_first);
    end loop;
    return v_sum;
end
$$;

create or replace function queue_internal.count_ready(
    queue text,
    out depth bigint,
    out since timestamptz,
    out estimated boolean
)
language plpgsql volatile
as $$
-- Jobs that are due and not with a worker, and since when the first of them waits. Reads some 1,200 rows, 500 of a lane
-- at most. Canceled ones stay in the log until a claim passes them: they are few, unless many were canceled just now,
-- and are counted exactly.
declare
    v_max int := (
        select greatest(25, least(500, 1200 / greatest(count(distinct l.lane), 1)))
        from queue_internal.lane as l
        where l.queue = count_ready.queue and l.rested is null and l.purpose in ('ready', 'again', 'parked'));
    v_lane record;
    v_lanes bigint[];
    v_xids xid8[];
    v_ids bigint[];
begin
    depth := (queue_internal.gate_of(queue, '')).throttled;
    if depth > 0 then
        since := queue_internal.throttled_since(queue);
    end if;
    for v_lane in
        select * from queue_internal.ready_lanes(queue, v_max) as l where l.seen > 0
    loop
        since := least(since, v_lane.since);
        if v_lane.seen < v_max then
            depth := depth + v_lane.depth;
        else
            v_lanes := v_lanes || v_lane.lane;
            v_xids := v_xids || v_lane.from_xid;
            v_ids := v_ids || v_lane.from_id;
        end if;
    end loop;
    estimated := v_lanes is not null;
    if estimated then
        depth := depth + greatest(0,
            greatest(queue_internal.estimate_lanes(v_lanes, v_xids, v_ids), v_max * cardinality(v_lanes)) - (select count(*) from queue_internal.void as v where v.lane = any (v_lanes)));
    end if;
    if depth = 0 then
        since := null;
    end if;
end
$$;

create or replace function queue_internal.count_dead(queue text, out dead bigint, out estimated boolean)
language plpgsql volatile
as $$
begin
    select count(*) into dead
    from (select from queue_internal.dead_letter as d where d.queue = count_dead.queue limit 5000) as d;
    estimated := dead = 5000;
    if estimated then
        select greatest(max(n.blocks) * avg(s.found), 5000)::bigint into dead
        from queue_internal.block_count('queue_internal.dead_letter') as n (blocks)
        cross join lateral queue_internal.spread(0, n.blocks, 48) as b (block)
        cross join lateral (
            select count(*) as found
            from queue_internal.dead_letter as d
            where d.ctid >= queue_internal.block_start(b.block) and d.ctid < queue_internal.block_start(b.block + 1)
                and d.queue = count_dead.queue
        ) as s;
    end if;
end
$$;
