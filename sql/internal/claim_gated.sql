create or replace function queue_internal.claim_gated(request queue_internal.claim_request, held bigint default null)
returns queue_internal.taken
language plpgsql volatile
as $$
-- As claim_jobs, for a queue with limits. Claims of such a queue come one after the other, each until its transaction
-- ends: that is what makes the limits exact. What waited for room and what has not been looked at yet come first in
-- turns; what was set aside only now, behind others of its group that this worker does not know, comes last. held: the
-- greatest lane that this call has locked already.
declare
    v_options queue_internal.queue;
    v_gate queue_internal.gate;
    v_room record;
    v_asked int := request.max_jobs;
    v_ended int;
    v_taken queue_internal.taken;
    v_started int;
    v_retries int;
begin
    if not queue_internal.lock_lane(queue_internal.gate_lock(request.queue), interval '900 milliseconds') then
        return v_taken;
    end if;
    v_options := queue_internal.options(request.queue);
    v_options.name := request.queue;
    v_taken.held := held;
    v_ended := queue_internal.settle_up(request.queue, v_options, queue.now());
    request.gate := request.queue;
    request.priorities := null;
    request.at := queue.now();
    v_gate := queue_internal.gate_of(request.queue, '');
    v_gate.in_flight := v_gate.in_flight - v_ended;
    v_room := queue_internal.room(v_gate, v_options, request.at);
    request.max_jobs := least(v_asked, v_room.jobs);
    v_retries := floor(queue_internal.retry_tokens_at(v_gate, v_options, request.at));
    v_taken.retries := v_retries;
    if request.max_jobs > 0 then
        if v_gate.number % 2 = 0 then
            v_taken := queue_internal.take_open(v_taken, request, v_options);
        end if;
        if coalesce(cardinality(v_taken.ids), 0) < request.max_jobs then
            v_taken := case when request.fair then queue_internal.claim_fair(request, v_taken)
                else queue_internal.claim_jobs(request, queue_internal.look_for(request), v_taken) end;
        end if;
        if coalesce(cardinality(v_taken.ids), 0) < request.max_jobs then
            v_taken := queue_internal.take_open(v_taken, request, v_options);
        end if;
    end if;
    v_started := coalesce(cardinality(v_taken.ids), 0);
    if v_started > 0 or v_ended > 0 or v_taken.throttled <> 0 then
        v_gate.in_flight := v_gate.in_flight + v_ended;
        perform queue_internal.change_gate(v_gate, v_options, request.at, v_started, v_started - v_ended,
            coalesce(v_taken.throttled, 0), v_retries - v_taken.retries);
    end if;
    if v_started = request.max_jobs and v_started < v_asked then
        perform queue_internal.tell_throttled(request, v_options, v_room.reason_code);
    end if;
    return v_taken;
end
$$;
