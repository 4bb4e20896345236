create or replace function queue.claim_batch(
    queue text,
    worker text,
    max_jobs int default 1,
    lease interval default null,
    kinds text[] default null
)
returns setof queue.claimed_job
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
-- Promise: each job is in one claim at a time; only jobs due now, of the given kinds, at most max_jobs; the highest
--     priority first, then what has been ready longest. A claim that rolls back never was. An empty result while
--     another claim is in an open transaction does not mean that the queue is empty.
-- States: ready -> running; expired leases: running -> retrying or dead; due jobs: scheduled, retrying -> ready.
-- Locks: the advisory lock of each lane it takes from, until the caller's transaction ends: claim in a transaction
--     of its own. Waits at most a quarter of a second, and only when every lane with work is locked.
-- Errors: 22023; 55000 for data of another cluster, before maintain(); 40001 in REPEATABLE READ or
--     SERIALIZABLE when another claim came first. A queue that does not exist is empty.
declare
    v_queue record;
    v_request queue_internal.claim_request;
    v_taken queue_internal.taken;
    v_got int;
    v_look bigint := queue_internal.last_look(queue);
    v_seen pg_snapshot;
begin
    perform queue_internal.check_claim(queue, worker, max_jobs, lease);
    if v_look <> 0 and queue_internal.is_idle(queue, kinds, v_look) then
        return;
    end if;
    v_seen := case when v_look <> 0 then pg_current_snapshot() end;
    select q.paused, q.gated, clock_timestamp() + coalesce(claim_batch.lease, q.lease) as lease_end,
        exists (select from queue_internal.lane as l
            where l.queue = claim_batch.queue and l.purpose = 'waiting') as waits,
        exists (select from queue_internal.lane as l
            where l.queue = claim_batch.queue and l.purpose = 'leases' and not l.dropped) as leases
    into v_queue
    from queue_internal.queue as q
    where q.name in (claim_batch.queue, '')
    order by q.name desc
    limit 1;
    if v_queue.paused or cardinality(kinds) = 0 then
        if v_queue.paused then
            perform queue_internal.tell_throttled((queue, null, null, null, kinds, null, null, null), null, 'QUEUE_PAUSED');
        end if;
        return;
    end if;
    if v_queue.waits then
        perform queue_internal.promote_due(queue);
    end if;
    v_request := (queue, worker, max_jobs, v_queue.lease_end, kinds,
        case when v_queue.leases then queue_internal.lane_id('leases', queue, 0, 0, null)
            else queue_internal.ensure_lane('leases', queue) end, null, null)::queue_internal.claim_request;
    v_taken := case when v_queue.gated then queue_internal.claim_gated(v_request)
        else queue_internal.claim_jobs(v_request) end;
    v_got := coalesce(cardinality(v_taken.ids), 0);
    if (v_got < max_jobs or random() < 0.02) and queue_internal.reap(queue) > 0 and v_got = 0 then
        perform queue_internal.promote_due(queue);
        v_taken := case when v_queue.gated then queue_internal.claim_gated(v_request)
            else queue_internal.claim_jobs(v_request) end;
    end if;
    if cardinality(v_taken.ids) = 1 then
        return query select j.* from queue_internal.job_of(v_taken.slots[1], v_taken.lanes[1], v_taken.xids[1],
            v_taken.ids[1], v_taken.tokens[1], v_queue.lease_end) as j;
    elsif v_taken.ids is not null then
        return query select j.* from queue_internal.jobs_of(v_taken, v_queue.lease_end) as j;
    elsif v_look = 0 then
        perform queue_internal.arm(queue);
    elsif v_taken.was_idle then
        perform queue_internal.note_idle(queue, kinds, v_look, v_seen);
    end if;
end
$$;
comment on function queue.claim_batch(text, text, int, interval, text[]) is
    'Hands up to max_jobs (1 to 4096) jobs to a worker under a lease; kinds null takes any. '
    'lease null is the queue''s default. An empty result: nothing is due, or the queue is paused.';
