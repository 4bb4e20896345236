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
--     of its own. Waits only when every lane with work, or half of those of plain jobs, is locked: at most a
--     quarter of a second, 0.4 when leases have ended; for the gate of a queue with limits up to 0.9 seconds.
-- Errors: 22023; 55000 for data of another cluster, before maintain(); 40001 in REPEATABLE READ or
--     SERIALIZABLE when another claim came first. A queue that does not exist is empty.
declare
    v_bookmark bigint[];
    v_open queue_internal.opening;
    v_request queue_internal.claim_request;
    v_look queue_internal.outlook;
    v_held bigint;
    v_quick boolean;
    v_place int;
begin
    if queue_internal.is_plain_claim(queue, worker, max_jobs, lease, routing_keys) is not true then
        perform queue_internal.check_claim(queue, worker, max_jobs, lease, routing_keys);
        routing_keys := nullif(routing_keys, '{}');
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
        routing_keys, v_open.unrouted, v_open.fair, v_open.leases,
        null, null, v_open.receipts)::queue_internal.claim_request;
    if not v_open.gated and not v_open.fair then
        v_quick := max_jobs <= 32 and pg_current_xact_id_if_assigned() is null;
        v_bookmark := case when v_quick and v_open.unrouted then queue_internal.bookmark(queue) end;
        if v_bookmark[3] = v_open.highest then
            if pg_try_advisory_xact_lock(v_bookmark[1]) then
                v_held := v_bookmark[1];
            elsif v_open.highest = v_open.priority then
                select i.held, i.waited is not true into v_held, v_quick
                from queue_internal.lock_instead(v_bookmark, v_open.lanes) as i;
            end if;
            if v_held is not null then
                v_look.lanes := array[v_held];
                return query select j.* from queue_internal.claim_at_once(v_request, v_look, 1, v_bookmark[2]::smallint, false) as j;
                if found then
                    return;
                end if;
                perform set_config('quoll.bookmark', '', false);
            end if;
        end if;
        v_look := queue_internal.look_for(v_request);
        if max_jobs <= 32 or cardinality(v_look.lanes) = 1 then
            v_place := queue_internal.lock_first(v_look);
            if v_place is null and v_quick and v_held is null and v_look.lanes is not null then
                v_place := queue_internal.lock_busy(v_look);
            end if;
            return query select j.* from queue_internal.claim_at_once(v_request, v_look, v_place, null, true) as j;
            if found then
                perform queue_internal.note_others(v_request, v_open, v_look.priorities);
                return;
            end if;
        end if;
    end if;
    return query select j.* from queue_internal.claim_by_steps(v_request, v_open, v_look, v_held) as j;
end
$$;
comment on function queue.claim_batch(text, text, int, interval, text[], text[]) is
    'Hands up to max_jobs (1 to 4096) jobs to a worker under a lease; kinds null takes any; a job with a routing key '
    'goes only to claims that name it. lease null is the queue''s default. An empty result: nothing is due, or the '
    'queue is paused.';
