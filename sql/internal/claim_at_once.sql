-- What nearly every claim is: one lane has all that is asked for, or all that there is.

create or replace function queue_internal.bookmark(queue text)
returns bigint[]
language plpgsql volatile
as $$
-- Where this session claimed from the queue after its last look at all lanes, if that was within a second: the lane, the
-- slot, the priority, and until when, in µs. What comes in meanwhile is younger than all of the lane's window, so a
-- session that is alone gets the jobs in their order all the same; but what is released is older, and waits for up to a
-- second. It only says where to go on: whoever finds it, or forges it, gets nothing by it.
declare
    v_text text := current_setting('quoll.bookmark', true);
    v_queue text := ' ' || hashtextextended(queue, 0);
    v_bookmark bigint[];
begin
    if right(v_text, length(v_queue)) = v_queue then
        v_bookmark := string_to_array(v_text, ' ');
        if v_bookmark[4] - extract(epoch from queue.now()) * 1000000 between 0 and 1000000 then
            return v_bookmark;
        end if;
    end if;
    return null;
end
$$;

create or replace function queue_internal.lock_instead(
    bookmark bigint[],
    lanes bigint[],
    out held bigint,
    out waited boolean
)
language plpgsql volatile
as $$
-- For a claim whose bookmark leads to a lane that is busy: locks one of these where it may go on too, if one is free;
-- or else, when that can be said of half of them, waits a little for its own, which takes no processor time: a look at
-- all would show hardly more than that they are busy. held: null for none.
declare
    v_lane bigint;
    v_runs int := 0;
begin
    for v_lane in
        select l.lane
        from unnest(lanes) with ordinality as l (lane, place)
        cross join lateral (
            select k.run_at
            from queue_internal.claim as k
            where k.lane = l.lane and k.slot = bookmark[2]
            order by k.number desc
            limit 1
        ) as c
        where c.run_at is not null
        order by (pg_backend_pid() + l.place) % cardinality(lanes)  -- or all who come would try the same one first
    loop
        if pg_try_advisory_xact_lock(v_lane) then
            held := v_lane;
            return;
        end if;
        v_runs := v_runs + 1;
    end loop;
    waited := 2 * v_runs >= cardinality(lanes);
    if waited and queue_internal.lock_lane(bookmark[1], interval '100 milliseconds') then
        held := bookmark[1];
    end if;
end
$$;

create or replace function queue_internal.lock_first(outlook queue_internal.outlook)
returns int
language plpgsql volatile
as $$
-- Locks the first lane of an outlook that is free: its place; null for none.
begin
    for i in 1 .. coalesce(cardinality(outlook.lanes), 0) loop
        if pg_try_advisory_xact_lock(outlook.lanes[i]) then
            return i;
        end if;
    end loop;
    return null;
end
$$;

create or replace function queue_internal.lock_busy(outlook queue_internal.outlook)
returns int
language plpgsql volatile
as $$
-- For a claim that holds no lane and finds all busy: waits a little for one of the highest priority, each session for
-- another: its place; null for none, and in a transaction whose snapshot would be too old by then.
declare
    v_place int := 1 + pg_backend_pid() % cardinality(array_positions(outlook.priorities, outlook.priorities[1]));
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        return null;
    end if;
    return case when queue_internal.lock_lane(outlook.lanes[v_place], interval '100 milliseconds') then v_place end;
end
$$;

create or replace function queue_internal.claim_at_once(
    request queue_internal.claim_request,
    outlook queue_internal.outlook,
    place int,
    slot smallint,
    marks boolean
)
returns setof queue.claimed_job
language plpgsql volatile
as $$
-- Claims from the lane at this place of the outlook, whose lock the caller holds, if it has all that is asked for, or is
-- the only one that has anything, and none of it wants more care; or else does nothing. One statement reads the cursor,
-- moves it, files claim and lease, and returns the jobs; where claim_jobs needs a dozen, and most of what a statement
-- costs is to begin it. Where a window begins, rows of transactions that were in progress at its before and have ended
-- since come first, between others that were handed out: those are passed over, up to a hundred of them. Not in a
-- transaction that has written something, or has an old snapshot: see take_lane.
-- slot: null after a look at all lanes; or else the one being filled, to go on where the lane's last claim, by whomever,
-- was bounded by a look (its run_at). Then the outlook counts for nothing, the cursor is not moved to a new window, and a
-- switch of slots makes it find nothing. marks: whether to leave a bookmark, if something is left.
declare
    v_lane bigint := outlook.lanes[place];
    v_goes_on boolean := slot is not null;
    v_alone boolean := slot is null and cardinality(outlook.lanes) = 1;
    v_jobs int := request.max_jobs;
    v_now timestamptz := queue.now();
    v_run_at timestamptz := timestamptz 'infinity';
    v_run_id bigint;
begin
    if v_lane is null or pg_current_xact_id_if_assigned() is not null
        or current_setting('transaction_isolation') <> 'read committed'
    then
        return;
    end if;
    if outlook.priorities[place + 1] = outlook.priorities[place] then
        v_run_at := outlook.ready_at[place + 1];
        v_run_id := outlook.ids[place + 1];
    end if;
    return query
    with spot as materialized (
        select c.number, c.exhausted as fresh, c.before, c.upto, c.last_xid, c.last_id, r.slot,
            greatest(c.last_xid, least(c.late_xid, pg_snapshot_xmax(c.before))) as from_xid,
            v_jobs + case when c.late_xid is null then 1 else 101 end as most,
            case when v_goes_on then c.run_at else v_run_at end as run_at,
            case when v_goes_on then c.run_id else v_run_id end as run_id
        from queue_internal.rotation as r
        cross join (
            select w.*, case
                when w.last_xid < pg_snapshot_xmax(w.before) and pg_snapshot_xmin(w.before) < pg_snapshot_xmax(w.before)
                then queue_internal.first_ended(w.before, w.upto) end as late_xid
            from (
                select k.number, k.exhausted, k.last_id, k.before_xids, k.own_xids, k.run_at, k.run_id,
                    case when k.exhausted then k.upto else k.before end as before,
                    case when k.exhausted then pg_current_snapshot() else k.upto end as upto,
                    case when k.exhausted then '0' else k.last_xid end as last_xid
                from queue_internal.claim as k
                where k.lane = v_lane and k.slot between coalesce(claim_at_once.slot, 0) and coalesce(claim_at_once.slot, 2)
                order by k.number desc
                limit 1
            ) as w
        ) as c
        where r.singleton and (not v_goes_on or r.slot = claim_at_once.slot and c.run_at is not null)
            and c.own_xids is null and (c.exhausted or c.before_xids is null)
            and pg_snapshot_xmax(c.upto) <= pg_snapshot_xmax(pg_current_snapshot())
            and not exists (select from queue_internal.void as v where v.lane = v_lane)
    ),
    read as materialized (
        select d.*, p.fresh, p.most, p.run_at, p.run_id,
            d.xid < pg_snapshot_xmax(p.before) and pg_visible_in_snapshot(d.xid, p.before) as old
        from spot as p
        cross join lateral (
            select i.xid, i.id, i.job_id, coalesce(i.due_at, i.enqueued_at) as ready_at, i.enqueued_at, i.priority,
                i.attempt, i.max_attempts, i.queue, i.kind, i.routing_key, i.unique_key, i.group_key, i.headers,
                i.payload
            from queue_internal.delivery as i
            where i.lane = v_lane and i.slot < 3
                and (i.xid, i.id) > (p.from_xid, case when p.last_xid = p.from_xid then p.last_id else 0 end)
                and i.xid < pg_snapshot_xmax(p.upto) and pg_visible_in_snapshot(i.xid, p.upto)
            order by i.xid, i.id
            limit p.most
        ) as d
    ),
    found as materialized (
        select array_agg(n.id) filter (where not n.old) as ids, array_agg(n.job_id) filter (where not n.old) as job_ids,
            array_agg(n.attempt) filter (where not n.old) as attempts, array_agg(n.xid) filter (where not n.old) as xids,
            array_agg(n.ready_at) filter (where not n.old) as ready_at, count(*) < max(n.most) as all_read
        from read as n
        having (count(*) filter (where not n.old) >= v_jobs or v_alone and bool_and(n.fresh) and count(*) < max(n.most))
            and bool_and(n.old or (n.unique_key is null and n.payload is not null and n.queue = request.queue
                and (request.kinds is null or n.kind = any (request.kinds))
                and case when n.routing_key is null then request.unrouted
                    else n.routing_key = any (request.routing_keys) end) is true)
            and (v_jobs = 1 or bool_and(n.old or n.run_at = 'infinity' or (n.ready_at, n.id) < (n.run_at, n.run_id)
                or not v_goes_on and n.id < outlook.ids[1] + v_jobs))
    ),
    filed as (
        insert into queue_internal.claim as k (slot, home, lane, number, token, worker, claimed_at, leased_until, ids,
            job_ids, attempts, before, upto, last_xid, last_id, exhausted, next_at, next_id, receipts, run_at, run_id)
        select p.slot, p.slot, v_lane, p.number + 1, queue_internal.new_token(p.slot),
            request.worker, v_now, request.lease_end, f.ids[:v_jobs], nullif(f.job_ids[:v_jobs], f.ids[:v_jobs]),
            case when 1 <> any (f.attempts) then f.attempts[:v_jobs] end, p.before, p.upto,
            f.xids[least(v_jobs, cardinality(f.ids))], f.ids[least(v_jobs, cardinality(f.ids))],
            f.all_read and f.ids[v_jobs + 1] is null, f.ready_at[v_jobs + 1], f.ids[v_jobs + 1], request.receipts,
            case when f.ids[v_jobs + 1] is not null then p.run_at end, case when f.ids[v_jobs + 1] is not null then p.run_id end
        from found as f
        cross join spot as p
        where f.ids is not null
            and (not v_goes_on or p.run_at = 'infinity' or (f.ready_at[1], f.ids[1]) < (p.run_at, p.run_id))
        returning k.slot, k.token, k.last_xid, k.last_id, case
            when k.next_id is null then set_config('quoll.bookmark', '', false)
            when marks then set_config('quoll.bookmark', concat_ws(' ', v_lane, k.slot, outlook.priorities[place],
                (extract(epoch from v_now) * 1000000)::bigint + 1000000, hashtextextended(request.queue, 0)), false) end
    ),
    leased as (
        insert into queue_internal.delivery (slot, lane, id, lease_token, due_at, queue)
        select f.slot, coalesce(request.leases, queue_internal.ensure_lane('leases', request.queue)),
            nextval('queue_internal.job_id'), f.token, request.lease_end, request.queue
        from filed as f
    )
    select n.job_id, f.token, n.attempt::int, n.max_attempts::int, n.kind,
        n.payload, n.headers, n.priority::int, n.group_key, n.enqueued_at, request.lease_end
    from read as n
    cross join filed as f
    where not n.old and (n.xid, n.id) <= (f.last_xid, f.last_id);
end
$$;
