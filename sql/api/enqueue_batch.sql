create or replace function queue.enqueue_batch(
    queue text,
    kind text,
    payloads jsonb[],
    run_at timestamptz default null,
    priority int default null,
    max_attempts int default null,
    unique_key text default null,
    group_key text default null,
    headers jsonb default null,
    unique_for interval default null,
    on_conflict text default null,
    after bigint[] default null,
    on_parent_failure text default null,
    routing_key text default null
)
returns setof bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: all jobs or none, ids in the order of payloads; one statement, whatever their number.
-- States: -> ready, or scheduled when run_at lies ahead. Locks, errors: as enqueue.
declare
    v_options queue_internal.queue;
    v_priority smallint;
    v_now timestamptz := queue.now();
    v_due timestamptz := case when run_at > queue.now() then run_at end;
    v_slot smallint;
    v_lanes bigint[];
    v_payload jsonb;
begin
    perform queue_internal.check_job(queue, kind, run_at, priority, max_attempts, unique_key, group_key, headers);
    perform queue_internal.check_unique(unique_key, unique_for, on_conflict);
    perform queue_internal.check_after(after, on_parent_failure);
    perform queue_internal.check_key('routing_key', routing_key);
    if array_ndims(payloads) > 1 then
        raise exception 'payloads must be an array of one dimension' using errcode = '22023';
    end if;
    if coalesce(cardinality(payloads), 0) = 0 then
        return;
    end if;
    if unique_key is not null or cardinality(after) > 0 then
        foreach v_payload in array payloads loop
            return next abs(queue_internal.insert_job(queue, kind, v_payload, run_at, priority, max_attempts,
                unique_key, group_key, headers, unique_for => unique_for, on_conflict => on_conflict,
                after => after, on_parent_failure => on_parent_failure, routing_key => routing_key));
        end loop;
        return;
    end if;
    v_options := queue_internal.options(queue);
    if v_options.max_payload_bytes > 0 or v_options.max_enqueues_per_minute > 0 then
        perform queue_internal.admit(queue, payloads);
    end if;
    v_priority := coalesce(case when not v_options.ordered or group_key is null then priority end, v_options.priority);
    select r.slot into v_slot from queue_internal.rotation as r where r.singleton;
    if v_due is not null then
        v_lanes := array[queue_internal.ensure_lane('waiting', queue)];
    elsif v_options.fair and group_key is not null then
        v_lanes := queue_internal.fair_lanes(v_options, queue, v_priority, group_key,
            case when routing_key is null then 'ready' else 'parked' end, case when routing_key is not null then kind end,
            routing_key);
    elsif routing_key is not null then
        v_lanes := array[queue_internal.due_lane(queue, v_priority, kind, routing_key, group_key)];
    else
        select array_agg(queue_internal.ensure_lane('ready', queue, v_priority, s.stripe) order by s.stripe)
        into v_lanes from generate_series(0, v_options.stripes - 1) as s (stripe);
    end if;
    return query
    insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, priority, attempt, lost,
        max_attempts, queue, kind, group_key, routing_key, headers, payload)
    select v_slot, v_lanes[1 + (case when v_options.fair then n.id else n.id >> 8 end) % cardinality(v_lanes)], n.id, n.id, v_due, v_now, v_priority, 1, 0,
        coalesce(enqueue_batch.max_attempts, v_options.max_attempts), enqueue_batch.queue, enqueue_batch.kind,
        enqueue_batch.group_key, enqueue_batch.routing_key, enqueue_batch.headers, n.payload
    from (
        select nextval('queue_internal.job_id') as id, coalesce(p.payload, '{}') as payload
        from unnest(payloads) as p (payload)
        offset 0
    ) as n
    returning job_id;
    if v_due is null then
        perform queue_internal.wake(queue, v_priority);
    end if;
end
$$;
comment on function queue.enqueue_batch(text, text, jsonb[], timestamptz, int, int, text, text, jsonb, interval, text,
    bigint[], text, text) is
    'Adds one job for each payload, the fast way; returns their ids in the order of payloads. '
    'The options hold for all of them.';

create or replace function queue.enqueue_batch(queue text, jobs jsonb)
returns table (ordinal int, job_id bigint, created boolean)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: all jobs or none; a bad element fails the call and is named by its place, from 1.
-- Locks: rows of unique keys, in the order of the keys, so that two batches cannot deadlock. Errors: as enqueue.
declare
    v_job record;
    v_id bigint;
begin
    perform queue_internal.check_name('queue', queue);
    if jobs is null or jsonb_typeof(jobs) <> 'array' then
        raise exception 'jobs must be a JSON array of objects'
            using errcode = '22023', hint = 'for example [{"kind": "mail", "payload": {"to": "a@example.org"}}]';
    end if;
    for v_job in
        select * from queue_internal.read_jobs(queue, jobs) as j order by j.unique_key nulls first, j.ordinal
    loop
        v_id := queue_internal.insert_job(queue, v_job.kind, v_job.payload, v_job.run_at, v_job.priority,
            v_job.max_attempts, v_job.unique_key, v_job.group_key, v_job.headers, unique_for => v_job.unique_for,
            on_conflict => v_job.on_conflict, after => v_job.after, on_parent_failure => v_job.on_parent_failure,
            routing_key => v_job.routing_key);
        ordinal := v_job.ordinal;
        job_id := abs(v_id);
        created := v_id > 0;
        return next;
    end loop;
end
$$;
comment on function queue.enqueue_batch(text, jsonb) is
    'Adds the jobs of a JSON array whose objects have the keys of enqueue''s parameters (queue, where given, is this one); '
    'returns a row for each element (ordinal from 1): its job, and whether it was created or was there already.';
