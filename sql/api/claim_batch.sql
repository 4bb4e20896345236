create or replace function queue.claim_batch(
    queue text,
    worker text,
    max_jobs int default 1,
    lease interval default null,
    kinds text[] default null,
    routing_keys text[] default null
)
returns setof queue.claimed_job
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
-- Promise: each job is in one claim at a time; only jobs due now, of the given kinds, without a routing key (unless the
--     queue is strict and keys are given) or with one of the given ones, at most max_jobs; the highest
--     priority first, then what has been ready longest. A claim that rolls back never was. An empty result while
--     another claim is in an open transaction does not mean that the queue is empty.
--     Nor does that of one which passed thousands of rows that are canceled or of other kinds: it notifies, so that the
--     next goes on.
-- States: ready -> running; expired leases: running -> retrying or dead; due jobs: scheduled, retrying -> ready.
-- Locks: the advisory lock of each lane it takes from, until the caller's transaction ends: claim in a transaction
--     of its own. Waits at most a quarter of a second, and only when every lane with work is locked.
-- Errors: 22023; 55000 for data of another cluster, before maintain(); 40001 in REPEATABLE READ or
--     SERIALIZABLE when another claim came first. A queue that does not exist is empty.
declare
    v_open queue_internal.opening;
    v_request queue_internal.claim_request;
    v_taken queue_internal.taken;
    v_got int;
begin
    perform queue_internal.check_claim(queue, worker, max_jobs, lease);
    routing_keys := nullif(routing_keys, '{}');
    if array_ndims(routing_keys) > 1 or '' = any (routing_keys) or array_position(routing_keys, null) is not null then
        raise exception 'routing_keys must be an array of one dimension without null and empty keys' using errcode = '22023';
    end if;
    v_open := queue_internal.open_queue(queue, kinds, routing_keys);
    if v_open.paused or cardinality(kinds) = 0 then
        if v_open.paused then
            perform queue_internal.tell_paused(queue, kinds);
        end if;
        return;
    end if;
    if v_open.priorities is null and v_open.awaited and not v_open.gated and not queue_internal.is_due(queue) then
        return;
    end if;
    if v_open.waits and queue_internal.promote_due(queue) > 0 then
        v_open := queue_internal.open_queue(queue, kinds, routing_keys);
    end if;
    v_request := (queue, worker, max_jobs, queue.now() + coalesce(lease, v_open.lease), kinds, v_open.priorities,
        routing_keys, v_open.unrouted, v_open.fair, case when v_open.leases then queue_internal.lane_id('leases', queue, 0, 0, null)
            else queue_internal.ensure_lane('leases', queue) end, null, null, v_open.receipts)::queue_internal.claim_request;
    v_taken := case when v_open.gated then queue_internal.claim_gated(v_request)
        when v_open.fair then queue_internal.claim_fair(v_request) else queue_internal.claim_jobs(v_request) end;
    v_got := coalesce(cardinality(v_taken.ids), 0);
    if (v_got < max_jobs or random() < 0.02) and queue_internal.reap(queue) > 0 and v_got = 0 then
        perform queue_internal.promote_due(queue);
        v_open := queue_internal.open_queue(queue, kinds, routing_keys);
        v_request.priorities := v_open.priorities;
        v_taken := case when v_open.gated then queue_internal.claim_gated(v_request, v_taken.held)
            when v_open.fair then queue_internal.claim_fair(v_request, v_taken)
            else queue_internal.claim_jobs(v_request, v_taken) end;
    end if;
    if cardinality(v_taken.ids) = 1 then
        return query select j.* from queue_internal.job_of(v_taken.slots[1], v_taken.lanes[1], v_taken.xids[1],
            v_taken.ids[1], v_taken.tokens[1], v_request.lease_end) as j;
    elsif v_taken.ids is not null then
        return query select j.* from queue_internal.jobs_of(v_taken, v_request.lease_end) as j;
    elsif v_taken.passed >= 4000 then
        perform queue_internal.notify(queue);
    elsif not v_open.awaited then
        perform queue_internal.arm(queue);
    end if;
    if not v_open.gated and not v_open.priorities <@ coalesce(v_taken.busy, '{}') then
        perform queue_internal.note_empty(queue, kinds, routing_keys, v_open, v_taken.busy);
    end if;
end
$$;
comment on function queue.claim_batch(text, text, int, interval, text[], text[]) is
    'Hands up to max_jobs (1 to 4096) jobs to a worker under a lease; kinds null takes any; a job with a routing key goes only to claims that name it. '
    'lease null is the queue''s default. An empty result: nothing is due, or the queue is paused.';
