create or replace function queue_internal.claim_jobs(
    queue text,
    worker text,
    max_jobs int,
    lease_end timestamptz,
    kinds text[]
)
returns setof queue.claimed_job
language plpgsql volatile
as $$
-- Goes over the queue's lanes, best first. A lane stops where the next one of its priority has an older head, so a
-- claimer that is alone gets strict order; when others hold lanes, it takes what is free. The last round has no
-- such bound. Waits for a lane only while it holds none of its own.
declare
    v_left int := max_jobs;
    v_got int;
    v_before int;
    v_lane record;
    v_first bigint;
    v_busy bigint;
begin
    for v_round in 1 .. 8 loop
        v_before := v_left;
        v_first := null;
        for v_lane in
            select l.lane, l.priority, l.id,
                lead(l.ready_at) over same as bound_at, lead(l.id) over same as bound_id
            from queue_internal.ready_lanes(queue, kinds) as l
            window same as (partition by l.priority order by l.ready_at, l.id)
            order by l.priority desc, l.ready_at, l.id
        loop
            exit when v_left = 0;
            v_first := coalesce(v_first, v_lane.id);
            if not pg_try_advisory_xact_lock(v_lane.lane) then
                v_busy := coalesce(v_busy, v_lane.lane);
                continue;
            end if;
            return query
            select * from queue_internal.take_lane(v_lane.lane, queue, worker, v_left, lease_end, kinds,
                case when v_round < 8 then v_lane.bound_at end, v_lane.bound_id, v_first + max_jobs);
            get diagnostics v_got = row_count;
            v_left := v_left - v_got;
        end loop;
        exit when v_left = 0 or v_before = v_left;
    end loop;
    if v_left = max_jobs and v_busy is not null and queue_internal.lock_lane(v_busy, interval '250 milliseconds') then
        return query
        select * from queue_internal.take_lane(v_busy, queue, worker, v_left, lease_end, kinds, null, null, null);
    end if;
end
$$;
