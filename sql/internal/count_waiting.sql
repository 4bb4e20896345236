-- How many jobs wait until they are due, and how many are with a worker.

create or replace function queue_internal.read_waiting(
    lane bigint,
    max_rows int,
    out scheduled bigint,
    out retrying bigint,
    out first_due timestamptz
)
language plpgsql volatile
as $$
-- The first max_rows jobs of a waiting lane that were not promoted, by when they are due: some 0.5 µs for each.
declare
    v_cursor queue_internal.claim := queue_internal.lane_cursor(lane);
    v_at timestamptz := coalesce(v_cursor.due_at, '-infinity');
    v_id bigint := coalesce(v_cursor.due_id, 0);
    v_voids boolean := exists (select from queue_internal.void as v where v.lane = read_waiting.lane);
begin
    select count(*) filter (where w.attempt = 1), count(*) filter (where w.attempt > 1), min(w.due_at)
    into scheduled, retrying, first_due
    from (
        select d.attempt, d.due_at
        from queue_internal.delivery as d
        where d.lane = read_waiting.lane and d.slot < 3 and d.due_at is not null and (d.due_at, d.id) > (v_at, v_id)
            and (not v_voids
                or (select v.id from queue_internal.void as v where v.lane = d.lane and v.id = d.id) is null)
        order by d.due_at, d.id
        limit max_rows
    ) as w;
end
$$;

create or replace function queue_internal.estimate_waiting(lane bigint, max_blocks int)
returns bigint
language plpgsql volatile
as $$
-- About how many they are, from max_blocks blocks of each slot: due dates come in no order, so from all over it.
declare
    v_cursor queue_internal.claim := queue_internal.lane_cursor(lane);
    v_at timestamptz := coalesce(v_cursor.due_at, '-infinity');
    v_id bigint := coalesce(v_cursor.due_id, 0);
begin
    return (
        select sum(e.blocks * e.mean)::bigint
        from (
            select t.blocks, avg(s.found) as mean
            from generate_series(0, 2) as n (slot)
            cross join lateral (
                select queue_internal.slot_blocks('delivery', n.slot) as blocks) as t
            cross join lateral queue_internal.spread(0, t.blocks, max_blocks) as b (block)
            cross join lateral (
                select count(*) as found
                from queue_internal.delivery as d
                where d.slot = n.slot and d.ctid >= queue_internal.block_start(b.block)
                    and d.ctid < queue_internal.block_start(b.block + 1)
                    and d.lane = estimate_waiting.lane
                    and (d.due_at, d.id) > (v_at, v_id)
            ) as s
            group by n.slot, t.blocks
        ) as e);
end
$$;

create or replace function queue_internal.measure_waiting(
    lane bigint,
    max_rows int,
    max_blocks int,
    out scheduled bigint,
    out retrying bigint
)
language plpgsql volatile
as $$
-- Reads max_rows; with more the share of retries is that of those due first, and the number an estimate.
declare
    v_total bigint;
begin
    select r.scheduled, r.retrying into scheduled, retrying from queue_internal.read_waiting(lane, max_rows) as r;
    if scheduled + retrying = max_rows then
        v_total := greatest(queue_internal.estimate_waiting(lane, max_blocks), max_rows);
        retrying := v_total * retrying / max_rows;
        scheduled := v_total - retrying;
    end if;
end
$$;

create or replace function queue_internal.take_tallies()
returns void
language plpgsql volatile
as $$
-- Every ten seconds: puts lanes to rest, and counts what waits in the queues where it is much, for which stats() has
-- not the time: 100,000 jobs of a queue, and no more queues than it takes to read 200,000, those first that were
-- counted longest ago. Waits for nobody.
declare
    v_lane record;
    v_count record;
    v_read bigint := 0;
begin
    if exists (
        select from queue_internal.tally as t
        where t.queue = '' and t.counted_at between queue.now() - interval '10 seconds' and queue.now())
    then
        return;
    end if;
    perform queue_internal.rest_lanes();
    for v_lane in
        select l.lane, l.queue
        from (
            select '' as queue, null::bigint as lane
            union all
            select distinct k.queue, k.lane from queue_internal.lane as k where k.purpose = 'waiting' and not k.dropped
        ) as l
        order by l.lane is not null,
            (select max(t.counted_at) from queue_internal.tally as t where t.queue = l.queue) nulls first
    loop
        exit when v_read >= 200000;
        v_count := queue_internal.measure_waiting(v_lane.lane, 100000, 400);
        v_read := v_read + least(v_count.scheduled + v_count.retrying, 100000);
        delete from queue_internal.tally as t
        where t.ctid = any (array(
            select o.ctid from queue_internal.tally as o where o.queue = v_lane.queue for update skip locked));
        if v_lane.lane is null or v_count.scheduled + v_count.retrying >= 2000 then
            insert into queue_internal.tally (queue, counted_at, scheduled, retrying)
            values (v_lane.queue, queue.now(), v_count.scheduled, v_count.retrying);
        end if;
    end loop;
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
-- Jobs that are not due, or due and not promoted yet. With 2,000 or more they are what maintain() has counted in the
-- last minute; when it has not, 5,000 are read.
declare
    v_lane bigint := queue_internal.lane_id('waiting', queue, 0, 0, null);
    v_due timestamptz;
    v_count record;
begin
    select r.scheduled, r.retrying, r.first_due into scheduled, retrying, v_due
    from queue_internal.read_waiting(v_lane, 2000) as r;
    overdue_since := case when v_due <= queue.now() then v_due end;
    estimated := scheduled + retrying = 2000;
    if estimated then
        select t.scheduled, t.retrying into v_count
        from queue_internal.tally as t
        where t.queue = count_waiting.queue
            and t.counted_at between queue.now() - interval '1 minute' and queue.now()
        order by t.counted_at desc
        limit 1;
        if not found then
            v_count := queue_internal.measure_waiting(v_lane, 5000, 48);
            estimated := v_count.scheduled + v_count.retrying >= 5000;
        end if;
        scheduled := v_count.scheduled;
        retrying := v_count.retrying;
    end if;
end
$$;

create or replace function queue_internal.count_running(queue text, out running bigint, out estimated boolean)
language plpgsql volatile
as $$
-- Jobs with a worker: what is unsettled of the thousand leases that end last. A worker that lives renews its leases, so
-- those are the newest; with more the number is a lower bound. With more than 100 the newest 50 are looked at one by
-- one, and as many of the others at equal distances.
declare
    v_lane bigint := queue_internal.lane_id('leases', queue, 0, 0, null);
    v_cursor queue_internal.claim := queue_internal.lane_cursor(v_lane);
    v_at timestamptz := coalesce(v_cursor.due_at, '-infinity');
    v_id bigint := coalesce(v_cursor.due_id, 0);
    v_tokens bigint[];
    v_seen int;
    v_step int := 1;
begin
    v_tokens := array(
        select d.lease_token
        from queue_internal.delivery as d
        where d.lane = v_lane and d.slot < 3 and d.due_at is not null and (d.due_at, d.id) > (v_at, v_id)
        order by d.due_at desc, d.id desc
        limit 1000);
    v_seen := cardinality(v_tokens);
    if v_seen > 100 then
        v_step := ceil((v_seen - 50) / 50.0);
    end if;
    -- A lease that was extended has a row for each time: its first one here counts.
    select coalesce(round(
        coalesce(sum(t.open) filter (where t.place <= 50 or v_step = 1), 0)
        + coalesce(avg(t.open) filter (where t.place > 50 and v_step > 1), 0) * (v_seen - 50)), 0)
    into running
    from (
        select r.place, case when array_position(v_tokens, r.token) = r.place then coalesce((
            select greatest(cardinality(k.ids) - coalesce((
                select sum(case when a.job_id > 0 then 1 else cardinality(a.job_ids) end)
                from queue_internal.attempt as a
                where a.lease_token = r.token and a.slot in (k.home, 3)), 0), 0)
            from queue_internal.claim as k
            where k.token = r.token
            limit 1), 0) else 0 end as open
        from unnest(v_tokens) with ordinality as r (token, place)
        where r.place <= 50 or r.place % v_step = 0
    ) as t;
    estimated := v_seen = 1000 or v_step > 1;
end
$$;
