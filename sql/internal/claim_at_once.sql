-- What nearly every claim is: one lane has all that is asked for, or all that there is.

create or replace function queue_internal.bookmark(queue text)
returns bigint[]
language plpgsql volatile
as $$
-- Where this session claimed from the queue last, and whence it may go on without looking at the other lanes: the
-- lane, the number of the claim, its slot and priority, the job before which it must stop, which comes first in
-- another lane (when it was ready, in µs, and its id), and until when, in µs. What comes in meanwhile is younger than
-- all of the lane's window, so a session that is alone gets the jobs in their order all the same; but what is
-- released is older, and waits for up to a second. It only says where to look: whoever finds it, or forges it, gets
-- nothing by it.
declare
    v_text text := current_setting('quoll.bookmark', true);
    v_queue text := ' ' || hashtextextended(queue, 0);
    v_bookmark bigint[];
begin
    if right(v_text, length(v_queue)) = v_queue then
        v_bookmark := string_to_array(v_text, ' ');
        if v_bookmark[7] - extract(epoch from queue.now()) * 1000000 between 0 and 1000000 then
            return v_bookmark;
        end if;
    end if;
    return null;
end
$$;

create or replace function queue_internal.claim_at_once(
    request queue_internal.claim_request,
    outlook queue_internal.outlook,
    bookmark bigint[]
)
returns setof queue.claimed_job
language plpgsql volatile
as $$
-- Claims from the first lane of the outlook that is free, if that has all that is asked for, or is the only one that
-- has anything, and none of it wants more care; or else does nothing but lock the lane. One statement reads the cursor,
-- moves it, files claim and lease, and returns the jobs; where claim_jobs needs a dozen, and most of what a statement
-- costs is to begin it. With a bookmark the cursor is looked for from there on, and is not moved to a new window. A
-- switch of slots since then makes it void: claims after it are in another slot. Where a window begins, rows of
-- transactions that were in progress at its before and have ended since come first, between others that were handed
-- out: those are passed over, up to a hundred of them. Not in a transaction that has written something, or has an old
-- snapshot: see take_lane.
declare
    v_place int;
    v_lane bigint;
    v_marked boolean := bookmark is not null;
    v_alone boolean := bookmark is null and cardinality(outlook.lanes) = 1;
    v_jobs int := request.max_jobs;
    v_before_at timestamptz;
    v_before_id bigint;
    v_before bigint := coalesce(bookmark[5], -1);
    v_until bigint := coalesce(bookmark[7], extract(epoch from queue.now()) * 1000000 + 1000000);
begin
    if pg_current_xact_id_if_assigned() is not null
        or current_setting('transaction_isolation') <> 'read committed'
    then
        return;
    end if;
    for i in 1 .. coalesce(cardinality(outlook.lanes), 0) loop
        if pg_try_advisory_xact_lock(outlook.lanes[i]) then
            v_place := i;
            v_lane := outlook.lanes[i];
            exit;
        end if;
    end loop;
    if v_lane is null then
        return;
    elsif v_before >= 0 then
        v_before_at := to_timestamp(v_before / 1e6);
        v_before_id := bookmark[6];
    elsif not v_marked and outlook.priorities[v_place + 1] = outlook.priorities[v_place] then
        v_before_at := outlook.ready_at[v_place + 1];
        v_before_id := outlook.ids[v_place + 1];
        v_before := extract(epoch from v_before_at) * 1000000;
    end if;
    return query
    with place as materialized (
        select c.number, c.exhausted as fresh, c.before, c.upto, c.last_xid, c.last_id, r.slot,
            greatest(c.last_xid, least(c.late_xid, pg_snapshot_xmax(c.before))) as from_xid,
            v_jobs + case when c.late_xid is null then 1 else 101 end as most
        from queue_internal.rotation as r
        cross join (
            select w.*, case
                when w.last_xid < pg_snapshot_xmax(w.before) and pg_snapshot_xmin(w.before) < pg_snapshot_xmax(w.before)
                then queue_internal.first_ended(w.before, w.upto) end as late_xid
            from (
                select k.number, k.exhausted, k.last_id, k.before_xids, k.own_xids,
                    case when k.exhausted then k.upto else k.before end as before,
                    case when k.exhausted then pg_current_snapshot() else k.upto end as upto,
                    case when k.exhausted then '0' else k.last_xid end as last_xid
                from queue_internal.claim as k
                where k.lane = v_lane and k.slot between coalesce(bookmark[3], 0) and coalesce(bookmark[3], 2)
                    and k.number >= coalesce(bookmark[2], 0)
                order by k.number desc
                limit 1
            ) as w
        ) as c
        where r.singleton and (not v_marked or r.slot = bookmark[3] and not c.exhausted)
            and c.own_xids is null and (c.exhausted or c.before_xids is null)
            and pg_snapshot_xmax(c.upto) <= pg_snapshot_xmax(pg_current_snapshot())
            and not exists (select from queue_internal.void as v where v.lane = v_lane)
    ),
    read as materialized (
        select d.*, p.fresh, p.most, d.xid < pg_snapshot_xmax(p.before) and pg_visible_in_snapshot(d.xid, p.before) as old
        from place as p
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
            and bool_and(n.old or n.unique_key is null and n.payload is not null and n.queue = request.queue
                and (request.kinds is null or n.kind = any (request.kinds))
                and case when n.routing_key is null then request.unrouted
                    else n.routing_key = any (request.routing_keys) end)
            and (v_before_at is null or v_jobs = 1 or bool_and(n.old or (n.ready_at, n.id) < (v_before_at, v_before_id)
                or not v_marked and n.id < outlook.ids[1] + v_jobs))
    ),
    filed as (
        insert into queue_internal.claim (slot, home, lane, number, token, worker, claimed_at, leased_until, ids,
            job_ids, attempts, before, upto, last_xid, last_id, exhausted, next_at, next_id, receipts)
        select p.slot, p.slot, v_lane, p.number + 1, queue_internal.new_token(p.slot),
            request.worker, queue.now(), request.lease_end, f.ids[:v_jobs], nullif(f.job_ids[:v_jobs], f.ids[:v_jobs]),
            case when 1 <> any (f.attempts) then f.attempts[:v_jobs] end, p.before, p.upto,
            f.xids[least(v_jobs, cardinality(f.ids))], f.ids[least(v_jobs, cardinality(f.ids))],
            f.all_read and f.ids[v_jobs + 1] is null, f.ready_at[v_jobs + 1], f.ids[v_jobs + 1], request.receipts
        from found as f
        cross join place as p
        where f.ids is not null
            and (v_before_at is null or not v_marked or (f.ready_at[1], f.ids[1]) < (v_before_at, v_before_id))
        returning slot, token, last_xid, last_id, set_config('quoll.bookmark', case when next_id is not null then concat_ws(' ',
            lane, number, slot, outlook.priorities[v_place], v_before, coalesce(v_before_id, -1), v_until,
            hashtextextended(request.queue, 0)) end, false)
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
