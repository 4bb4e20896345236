create or replace function queue_internal.note_others(
    request queue_internal.claim_request,
    open queue_internal.opening,
    busy smallint[]
)
returns void
language plpgsql volatile
as $$
-- What a look says of the priorities other than the busy ones; and, now and then, leases that have ended.
begin
    if not open.gated and not open.priorities <@ coalesce(busy, '{}') then
        perform queue_internal.note_empty(request.queue, request.kinds, request.routing_keys, open, busy);
    end if;
    if random() < 0.1 then
        perform queue_internal.reap(request.queue);
    end if;
end
$$;

create or replace function queue_internal.claim_by_steps(
    request queue_internal.claim_request,
    open queue_internal.opening,
    outlook queue_internal.outlook,
    held bigint
)
returns setof queue.claimed_job
language plpgsql volatile
as $$
-- Every claim that claim_at_once does not do: one that takes from several lanes, or finds rows that it may not take,
-- or nothing; and those of queues with limits or turns. held: the lane that the claim has locked already. Looks after
-- leases that have ended when it got nothing; now and then when it got less than was asked for.
declare
    v_taken queue_internal.taken;
    v_got int;
begin
    v_taken.held := held;
    v_taken := case when open.gated then queue_internal.claim_gated(request)
        when open.fair then queue_internal.claim_fair(request)
        else queue_internal.claim_jobs(request, outlook, v_taken) end;
    v_got := coalesce(cardinality(v_taken.ids), 0);
    if (v_got = 0 or random() < case when v_got < request.max_jobs then 0.1 else 0.02 end)
        and queue_internal.reap(request.queue) > 0 and v_got = 0
    then
        perform queue_internal.promote_due(request.queue);
        open := queue_internal.open_queue(request.queue, request.kinds, request.routing_keys);
        request.priorities := open.priorities;
        v_taken := case when open.gated then queue_internal.claim_gated(request, v_taken.held)
            when open.fair then queue_internal.claim_fair(request, v_taken)
            else queue_internal.claim_jobs(request, queue_internal.look_for(request), v_taken) end;
    end if;
    if cardinality(v_taken.ids) = 1 then
        return query select j.* from queue_internal.job_of(v_taken.slots[1], v_taken.lanes[1], v_taken.xids[1],
            v_taken.ids[1], v_taken.tokens[1], request.lease_end) as j;
    elsif v_taken.ids is not null and v_taken.scattered is not true then
        return query select j.* from queue_internal.runs_of(v_taken, request.lease_end) as j;
    elsif v_taken.ids is not null then
        return query select j.* from queue_internal.jobs_of(v_taken, request.lease_end) as j;
    elsif v_taken.passed >= 4000 then
        perform queue_internal.notify(request.queue);
    elsif not open.awaited then
        perform queue_internal.arm(request.queue);
    end if;
    if not open.gated and not open.priorities <@ coalesce(v_taken.busy, '{}') then
        perform queue_internal.note_empty(request.queue, request.kinds, request.routing_keys, open, v_taken.busy);
    end if;
end
$$;
