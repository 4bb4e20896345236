create or replace function queue_internal.insert_job(
    queue text,
    kind text,
    payload jsonb,
    run_at timestamptz,
    priority int,
    max_attempts int,
    unique_key text,
    group_key text,
    headers jsonb,
    replay_of bigint default null,
    guarded boolean default true,
    unique_for interval default null,
    on_conflict text default null,
    after bigint[] default null,
    on_parent_failure text default null,
    routing_key text default null,
    job_id bigint default null
)
returns bigint
language plpgsql volatile
as $$
-- Appends one checked job and returns its id; -id of the job that holds unique_key already. guarded: the queue may
-- refuse it. job_id: the id, where one was drawn. One statement finds where the row goes and inserts it: each
-- statement more costs as much as half of that insert.
declare
    v_id bigint := coalesce(job_id, nextval('queue_internal.job_id'));
    v_now timestamptz := queue.now();
    v_waits boolean := coalesce(run_at > v_now, false);
    v_purpose text := case when cardinality(after) > 0 then 'blocked' when v_waits then 'waiting'
        when routing_key is not null then 'parked' else 'ready' end;
    v_holder bigint;
    v_priority smallint;
begin
    if unique_key is not null then
        v_holder := queue_internal.win_key(queue, unique_key, v_id, unique_for, on_conflict, payload, headers, run_at);
        if v_holder is not null then
            return -v_holder;
        end if;
    end if;
    insert into queue_internal.delivery as d (slot, lane, id, job_id, due_at, enqueued_at, replay_of, priority, attempt,
        lost, max_attempts, queue, kind, unique_key, group_key, routing_key, headers, payload)
    select t.slot, coalesce(t.lane,
            case when v_purpose = 'parked' or v_purpose = 'ready' and t.fair and insert_job.group_key is not null
                then queue_internal.due_lane(insert_job.queue, t.lane_priority, insert_job.kind, insert_job.routing_key,
                    insert_job.group_key)
                else queue_internal.ensure_lane(t.purpose, insert_job.queue, t.lane_priority, t.stripe) end),
        v_id, v_id, case when v_waits then insert_job.run_at end, v_now, insert_job.replay_of, t.priority, 1,
        0, t.max_attempts, insert_job.queue, insert_job.kind, insert_job.unique_key, insert_job.group_key,
        insert_job.routing_key, insert_job.headers, coalesce(insert_job.payload, '{}')
    from (
        select r.slot, l.lane, p.*
        from queue_internal.queue as q
        cross join lateral (  -- a priority of its own would let a job overtake others of its key
            select coalesce(case when not q.ordered or insert_job.group_key is null then insert_job.priority end, q.priority)
                as priority
        ) as o
        cross join lateral (
            select v_purpose as purpose,
                case when v_purpose = 'parked' or v_purpose = 'ready' and q.fair and insert_job.group_key is not null then null
                    else v_purpose end as listed,
                o.priority,
                coalesce(insert_job.max_attempts, q.max_attempts) as max_attempts,
                case when v_purpose in ('ready', 'parked') then o.priority else 0 end as lane_priority,
                case v_purpose when 'ready' then ((v_id >> 8) % q.stripes)::int else 0 end as stripe,
                q.fair, guarded and (q.max_payload_bytes > 0 or q.max_enqueues_per_minute > 0) as asks
        ) as p
        cross join queue_internal.rotation as r
        left join queue_internal.lane as l
            on l.queue = insert_job.queue and l.purpose = p.listed and l.priority = p.lane_priority
            and l.stripe = p.stripe and not l.dropped
            and l.group_key is null
        where q.name in (insert_job.queue, '') and r.singleton
        order by q.name desc
        limit 1
    ) as t
    where not t.asks or queue_internal.admit(insert_job.queue, array[coalesce(insert_job.payload, '{}')])
    returning d.priority into v_priority;
    if v_purpose = 'blocked' then
        perform queue_internal.block_job(v_id, queue, after, on_parent_failure);
    elsif not v_waits and queue_internal.last_look(queue, v_priority) <> 0 then
        perform queue_internal.wake(queue, v_priority);
    end if;
    return v_id;
end
$$;

create or replace function queue_internal.enqueue_any(
    queue text,
    kind text,
    payload jsonb,
    run_at timestamptz,
    priority int,
    max_attempts int,
    unique_key text,
    group_key text,
    headers jsonb,
    unique_for interval,
    on_conflict text,
    after bigint[],
    on_parent_failure text,
    routing_key text,
    job_id bigint
)
returns bigint
language plpgsql volatile
set enable_seqscan = off
set jit = off
as $$
-- What queue.enqueue does with a job that has options, or whose queue has no lanes on record or may refuse it.
begin
    perform queue_internal.check_job(queue, kind, run_at, priority, max_attempts, unique_key, group_key, headers);
    perform queue_internal.check_unique(unique_key, unique_for, on_conflict);
    perform queue_internal.check_after(after, on_parent_failure);
    perform queue_internal.check_key('routing_key', routing_key);
    return abs(queue_internal.insert_job(queue, kind, payload, run_at, priority, max_attempts, unique_key, group_key,
        headers, unique_for => unique_for, on_conflict => on_conflict, after => after,
        on_parent_failure => on_parent_failure, routing_key => routing_key, job_id => job_id));
end
$$;
