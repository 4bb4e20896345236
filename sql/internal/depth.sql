-- How many jobs of a queue are where. Each count walks an index for a bounded number of rows; beyond that it is an
-- estimate, and says so.

create or replace function queue_internal.count_lane(
    lane bigint,
    max_rows int,
    out depth bigint,
    out from_xid xid8,
    out from_id bigint
)
language plpgsql volatile
as $$
-- Rows of a ready lane that no claim has handed out, up to max_rows: those after the cursor's place, and those before it
-- of transactions that were in progress when its snapshots were taken.
declare
    v_cursor queue_internal.claim := queue_internal.lane_cursor(lane);
    v_reached xid8 := pg_snapshot_xmax(case when v_cursor.exhausted then v_cursor.upto else v_cursor.before end);
    v_plain boolean := v_cursor.own_xids is null and v_cursor.before_xids is null;
begin
    from_xid := coalesce(greatest(v_reached, case when not v_cursor.exhausted then v_cursor.last_xid end), '0');
    from_id := case when from_xid = v_cursor.last_xid and not v_cursor.exhausted then v_cursor.last_id else 0 end;
    select count(*) into depth
    from (
        (select
        from queue_internal.delivery as d
        where d.lane = count_lane.lane and d.slot < 3 and (d.xid, d.id) > (from_xid, from_id)
            and (v_plain or not queue_internal.is_consumed(v_cursor, d.xid, d.id))
        limit max_rows)
        union all
        (select
        from (select pg_snapshot_xip(v_cursor.before) union select pg_snapshot_xip(v_cursor.upto)) as p (xid)
        cross join lateral (
            select
            from queue_internal.delivery as r
            where r.lane = count_lane.lane and r.slot < 3 and r.xid = p.xid and (r.xid, r.id) <= (from_xid, from_id)
                and not queue_internal.is_consumed(v_cursor, r.xid, r.id)
            limit max_rows
        ) as late
        limit max_rows)
    ) as waiting;
    if depth < max_rows then
        depth := greatest(depth - (select count(*) from queue_internal.void as v where v.lane = count_lane.lane), 0);
    end if;
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
        v_end := queue_internal.slot_blocks('delivery', v_slot);
        select avg(s.found) into v_mean
        from queue_internal.spread(v_first, v_end, 24) as b (block)
        cross join lateral (
            select count(*) as found
            from queue_internal.delivery as d
            join unnest(lanes, from_xids, from_ids) as l (lane, xid, id)
                on l.lane = d.lane and (d.xid, d.id) > (l.xid, l.id)
            where d.slot = v_slot and d.ctid >= queue_internal.block_start(b.block)
                and d.ctid < queue_internal.block_start(b.block + 1)
        ) as s;
        v_sum := v_sum + v_mean * (v_end - v_first);
    end loop;
    return v_sum;
end
$$;

create or replace function queue_internal.count_ready(queue text, out depth bigint, out estimated boolean)
language plpgsql volatile
as $$
-- Jobs that are due and not with a worker. Canceled ones stay in the log until a claim passes them: they are few, unless
-- many were canceled just now, and are counted exactly.
declare
    v_lane bigint;
    v_count record;
    v_lanes bigint[];
    v_xids xid8[];
    v_ids bigint[];
begin
    depth := (queue_internal.gate_of(queue, '')).blocked;
    for v_lane in
        select distinct l.lane from queue_internal.lane as l
        where l.queue = count_ready.queue and l.purpose in ('ready', 'again', 'parked')
    loop
        v_count := queue_internal.count_lane(v_lane, 500);
        if v_count.depth < 500 then
            depth := depth + v_count.depth;
        else
            v_lanes := v_lanes || v_lane;
            v_xids := v_xids || v_count.from_xid;
            v_ids := v_ids || v_count.from_id;
        end if;
    end loop;
    estimated := v_lanes is not null;
    if estimated then
        depth := depth + greatest(0, greatest(queue_internal.estimate_lanes(v_lanes, v_xids, v_ids), 500 * cardinality(v_lanes))
            - (select count(*) from queue_internal.void as v where v.lane = any (v_lanes)));
    end if;
end
$$;

create or replace function queue_internal.count_waiting(
    queue text,
    out scheduled bigint,
    out retrying bigint,
    out overdue_since timestamptz,
    out estimated boolean
)
language plpgsql volatile
as $$
-- Jobs that are not due, or due and not promoted yet. Beyond 5,000 the share of retries is that of those due first, and
-- the number an estimate over all slots: due dates come in no order.
declare
    v_lane bigint := queue_internal.lane_id('waiting', queue, 0, 0, null);
    v_cursor queue_internal.claim := queue_internal.lane_cursor(v_lane);
    v_at timestamptz := coalesce(v_cursor.due_at, '-infinity');
    v_id bigint := coalesce(v_cursor.due_id, 0);
    v_total bigint;
begin
    select count(*) filter (where w.attempt = 1), count(*) filter (where w.attempt > 1), min(w.due_at)
    into scheduled, retrying, overdue_since
    from (
        select d.attempt, d.due_at
        from queue_internal.delivery as d
        where d.lane = v_lane and d.slot < 3 and d.due_at is not null and (d.due_at, d.id) > (v_at, v_id)
            and not exists (select from queue_internal.void as v where v.lane = d.lane and v.id = d.id)
        order by d.due_at, d.id
        limit 5000
    ) as w;
    if overdue_since > clock_timestamp() then
        overdue_since := null;
    end if;
    estimated := scheduled + retrying = 5000;
    if estimated then
        v_total := greatest(queue_internal.estimate_waiting(v_lane, v_at, v_id), 5000);
        retrying := v_total * retrying / 5000;
        scheduled := v_total - retrying;
    end if;
end
$$;

create or replace function queue_internal.estimate_waiting(lane bigint, due_at timestamptz, due_id bigint)
returns bigint
language sql volatile
as $$
    select sum(e.blocks * e.mean)::bigint
    from (
        select t.blocks, avg(s.found) as mean
        from generate_series(0, 2) as n (slot)
        cross join lateral (
            select queue_internal.slot_blocks('delivery', n.slot) as blocks) as t
        cross join lateral queue_internal.spread(0, t.blocks, 48) as b (block)
        cross join lateral (
            select count(*) as found
            from queue_internal.delivery as d
            where d.slot = n.slot and d.ctid >= queue_internal.block_start(b.block)
                and d.ctid < queue_internal.block_start(b.block + 1)
                and d.lane = estimate_waiting.lane
                and (d.due_at, d.id) > (estimate_waiting.due_at, estimate_waiting.due_id)
        ) as s
        group by n.slot, t.blocks
    ) as e
$$;

create or replace function queue_internal.count_running(queue text, out running bigint, out estimated boolean)
language plpgsql volatile
as $$
-- Jobs with a worker: what is unsettled of the thousand leases that end last. A worker that lives renews its leases, so
-- those are the newest; with more the number is a lower bound.
declare
    v_lane bigint := queue_internal.lane_id('leases', queue, 0, 0, null);
    v_cursor queue_internal.claim := queue_internal.lane_cursor(v_lane);
    v_seen bigint;
begin
    select coalesce(sum(greatest(c.jobs - c.settled, 0)), 0), sum(t.seen) into running, v_seen
    from (
        select n.lease_token, count(*) as seen
        from (
            select d.lease_token
            from queue_internal.delivery as d
            where d.lane = v_lane and d.slot < 3 and d.due_at is not null
                and (d.due_at, d.id) > (coalesce(v_cursor.due_at, '-infinity'), coalesce(v_cursor.due_id, 0))
            order by d.due_at desc, d.id desc
            limit 1000
        ) as n
        group by n.lease_token
    ) as t
    cross join lateral (
        select cardinality(k.ids) as jobs,
            (select count(*) from queue_internal.settled as a
             where a.lease_token = t.lease_token and a.slot in (k.home, 3)) as settled
        from queue_internal.claim as k
        where k.token = t.lease_token
        limit 1
    ) as c;
    estimated := coalesce(v_seen = 1000, false);
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
