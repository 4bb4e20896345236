create or replace function queue_internal.ready_lanes(queue text, kinds text[])
returns table (lane bigint, priority int, ready_at timestamptz, id bigint)
language sql volatile
as $$
    -- Lanes of the queue that have something to hand out, best first: highest priority, then the lane whose first
    -- row has been ready longest. A look without locks: whoever takes reads again under the lane's lock.
    select l.lane, l.priority, coalesce(h.due_at, h.enqueued_at), h.id
    from (
        select distinct k.lane, k.priority
        from queue_internal.lane as k
        where k.queue = ready_lanes.queue and k.purpose in ('ready', 'again', 'parked')
            and (k.kind is null or ready_lanes.kinds is null or k.kind = any (ready_lanes.kinds))
    ) as l
    left join lateral queue_internal.lane_cursor(l.lane) as c on true
    cross join lateral (
        (select w.due_at, w.enqueued_at, w.id
        from queue_internal.window_rows(l.lane, c.before, c.upto, c.last_xid, c.last_id, null, 1) as w
        where not c.exhausted)
        union all
        (select w.due_at, w.enqueued_at, w.id
        from queue_internal.window_rows(l.lane, coalesce(c.upto, '1:1:'), pg_current_snapshot(), '0', 0, null, 1) as w)
        union all
        (select w.due_at, w.enqueued_at, w.id
        from queue_internal.window_rows(l.lane, '1:1:', '1:1:', '0',
            coalesce(c.own_ids[array_position(c.own_xids, pg_current_xact_id_if_assigned())], 0),
            pg_current_xact_id_if_assigned(), 1) as w
        where pg_current_xact_id_if_assigned() is not null)
        limit 1
    ) as h
    order by l.priority desc, coalesce(h.due_at, h.enqueued_at), h.id
$$;

create or replace function queue_internal.take_window(
    cursor_row queue_internal.claim,
    queue text,
    worker text,
    max_jobs int,
    lease_end timestamptz,
    kinds text[],
    bound_at timestamptz,
    bound_id bigint,
    dense_id bigint,
    own_xid xid8
)
returns setof queue.claimed_job
language plpgsql volatile
as $$
-- Hands out the next rows of a locked lane and writes the claim that says so, in one statement.
-- A row's fate: t taken; p parked for workers that know its kind; d dropped (void, or handed out before);
-- c cut: another lane's head is older, stop before it. dense_id lets a lane go on over ids that are next anyway.
declare
    v_voids boolean := exists (select from queue_internal.void as v where v.lane = cursor_row.lane);
    v_place int := array_position(cursor_row.own_xids, own_xid);
    v_slot smallint;
    v_waiting bigint;
begin
    select r.slot into v_slot from queue_internal.rotation as r;
    v_waiting := queue_internal.ensure_lane('waiting', queue);
    return query
    with picked as materialized (
        select w.*,
            case
                when (coalesce(w.due_at, w.enqueued_at), w.id) >= (take_window.bound_at, take_window.bound_id)
                    and w.id >= take_window.dense_id then 'c'
                when own_xid is null and w.xid = any (cursor_row.before_xids) and w.id
                    <= cursor_row.before_ids[array_position(cursor_row.before_xids, w.xid)] then 'd'
                when v_voids and exists (
                    select from queue_internal.void as v where v.lane = w.lane and v.id = w.id) then 'd'
                when w.kind <> all (take_window.kinds) then 'p'
                else 't'
            end as fate
        from queue_internal.window_rows(cursor_row.lane, cursor_row.before, cursor_row.upto, cursor_row.last_xid,
            case when own_xid is null then cursor_row.last_id else coalesce(cursor_row.own_ids[v_place], 0) end,
            own_xid, max_jobs) as w
    ),
    cut as (
        select p.xid, p.id from picked as p where p.fate = 'c' order by p.xid, p.id limit 1
    ),
    seen as (
        select p.* from picked as p left join cut as u on true
        where u.xid is null or (p.xid, p.id) < (u.xid, u.id)
    ),
    summed as (
        select count(*) as rows, array_agg(s.xid) as xids, array_agg(s.id) as ids,
            array_agg(s.id) filter (where s.fate = 't') as taken,
            array_agg(s.job_id) filter (where s.fate = 't') as job_ids,
            array_agg(s.attempt) filter (where s.fate = 't') as attempts,
            coalesce(bool_or(s.attempt <> 1) filter (where s.fate = 't'), false) as again,
            coalesce(bool_or(s.unique_key is not null) filter (where s.fate = 't'), false) as keyed
        from seen as s
    ),
    filed as (
        insert into queue_internal.claim (slot, home, lane, number, token, worker, claimed_at, leased_until, ids,
            job_ids, attempts, keyed, before, upto, before_xids, before_ids,
            last_xid, last_id, exhausted, own_xids, own_ids)
        select v_slot, v_slot, cursor_row.lane, cursor_row.number + 1,
            (nextval('queue_internal.token') << 10) + (random() * 1023)::int, take_window.worker, clock_timestamp(),
            case when m.taken is not null then take_window.lease_end end,
            m.taken, nullif(m.job_ids, m.taken), case when m.again then m.attempts end, m.keyed,
            cursor_row.before, cursor_row.upto, cursor_row.before_xids, cursor_row.before_ids,
            case when own_xid is null then m.xids[m.rows] else cursor_row.last_xid end,
            case when own_xid is null then m.ids[m.rows] else cursor_row.last_id end,
            case when own_xid is null
                then m.rows < take_window.max_jobs and not exists (select from cut)
                else cursor_row.exhausted end,
            case when own_xid is null or v_place is not null
                then cursor_row.own_xids else cursor_row.own_xids || own_xid end,
            case when own_xid is null then cursor_row.own_ids
                when v_place is null then cursor_row.own_ids || m.ids[m.rows]
                else cursor_row.own_ids[:v_place - 1] || m.ids[m.rows] || cursor_row.own_ids[v_place + 1:] end
        from summed as m
        where m.rows > 0
        returning token, leased_until
    ),
    watched as (
        insert into queue_internal.delivery (slot, lane, id, lease_token, due_at, queue)
        select v_slot, v_waiting, nextval('queue_internal.job_id'), f.token, f.leased_until, take_window.queue
        from filed as f
        where f.leased_until is not null
    ),
    parked as (
        insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, replay_of, priority,
            attempt, lost, max_attempts, queue, kind, unique_key, group_key, headers, payload)
        select v_slot, queue_internal.ensure_lane('parked', s.queue, s.priority, 0, s.kind),
            nextval('queue_internal.job_id'), s.job_id, s.due_at, s.enqueued_at, s.replay_of, s.priority,
            s.attempt, s.lost, s.max_attempts, s.queue, s.kind, s.unique_key, s.group_key,
            case when s.slot <> v_slot then (queue_internal.body(s.job_id)).headers end,
            case when s.slot <> v_slot then (queue_internal.body(s.job_id)).payload end
        from seen as s
        where s.fate = 'p'
    ),
    unvoided as (
        delete from queue_internal.void as v using seen as s
        where s.fate = 'd' and v.lane = s.lane and v.id = s.id
    )
    select s.job_id, f.token, s.attempt::int, s.max_attempts::int, s.kind,
        case when s.payload is null then (queue_internal.body(s.job_id)).payload else s.payload end,
        case when s.payload is null then (queue_internal.body(s.job_id)).headers else s.headers end,
        s.priority::int, s.group_key, s.enqueued_at, f.leased_until
    from seen as s, filed as f
    where s.fate = 't';
end
$$;

create or replace function queue_internal.take_lane(
    lane bigint,
    queue text,
    worker text,
    max_jobs int,
    lease_end timestamptz,
    kinds text[],
    bound_at timestamptz,
    bound_id bigint,
    dense_id bigint
)
returns setof queue.claimed_job
language plpgsql volatile
as $$
-- Hands out up to max_jobs jobs of a lane whose lock the caller holds: what is left of the current window, then what
-- was committed since, then what this very transaction enqueued. A window is left only when it is known to be
-- empty: leaving it earlier would lose its rows. The rounds bound how many rows of other kinds one call may park.
declare
    v_cursor queue_internal.claim := queue_internal.open_lane(lane);
    v_written queue_internal.claim;
    v_own xid8 := pg_current_xact_id_if_assigned();
    v_fresh boolean := false;
    v_left int := max_jobs;
    v_got int;
begin
    for v_round in 1 .. 20 loop
        if v_cursor.exhausted then
            exit when v_fresh;
            v_cursor := queue_internal.next_window(v_cursor);
            v_fresh := true;
        end if;
        return query select * from queue_internal.take_window(v_cursor, queue, worker, v_left, lease_end, kinds,
            bound_at, bound_id, dense_id, null);
        get diagnostics v_got = row_count;
        v_left := v_left - v_got;
        if v_left = 0 then
            return;
        end if;
        v_written := queue_internal.open_lane(lane);
        if v_written.number > v_cursor.number then
            v_cursor := v_written;
        elsif bound_at is not null and exists (
            select from queue_internal.window_rows(lane, v_cursor.before, v_cursor.upto, v_cursor.last_xid,
                v_cursor.last_id, null, 1)
        ) then
            return;
        else
            v_cursor.exhausted := true;
        end if;
    end loop;
    if v_own is not null and v_cursor.exhausted then
        return query select * from queue_internal.take_window(v_cursor, queue, worker, v_left, lease_end, kinds,
            bound_at, bound_id, dense_id, v_own);
    end if;
end
$$;
