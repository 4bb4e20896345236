create or replace function queue_internal.claim_fair(
    request queue_internal.claim_request,
    taken queue_internal.taken default null
)
returns queue_internal.taken
language plpgsql volatile
as $$
-- As claim_jobs, for a queue whose groups have lanes of their own: the lane that was served longest ago comes first, and
-- each has an equal share of what was asked for, in as many rounds as it takes. What some have not, others get. A lower
-- priority comes when no lane of a higher one gave all of its share.
declare
    v_taken queue_internal.taken := taken;
    v_one queue_internal.claim_request := request;
    v_look queue_internal.outlook;
    v_have int := coalesce(cardinality(taken.ids), 0);
    v_before int;
    v_share int;
    v_more boolean;
    v_busy bigint;
begin
    for v_round in 1 .. 8 loop
        v_look := queue_internal.look(request.queue, request.kinds, request.priorities, request.routing_keys,
            request.unrouted, true);
        if v_round = 1 then
            v_taken.busy := v_look.priorities;
        end if;
        v_before := v_have;
        v_more := false;
        for i in 1 .. coalesce(cardinality(v_look.lanes), 0) loop
            if v_look.priorities[i] is distinct from v_look.priorities[i - 1] then
                exit when v_more;
                v_share := case when v_round < 8 then ceil((request.max_jobs - v_have)::numeric
                    / cardinality(array_positions(v_look.priorities, v_look.priorities[i]))) else request.max_jobs end;
            end if;
            if not pg_try_advisory_xact_lock(v_look.lanes[i]) then
                v_busy := coalesce(v_busy, v_look.lanes[i]);
                continue;
            end if;
            v_one.max_jobs := least(v_have + v_share, request.max_jobs);
            v_taken := queue_internal.take_any(v_taken, v_look.lanes[i], v_one);
            v_have := coalesce(cardinality(v_taken.ids), 0);
            if v_have = request.max_jobs then
                return v_taken;
            end if;
            v_more := v_more or v_have = v_one.max_jobs;
        end loop;
        exit when v_before = v_have;
    end loop;
    return queue_internal.take_busy(v_taken, v_busy, request);
end
$$;
