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
-- Promise: all jobs or none, ids in the order of payloads; one statement, whatever their number. It unnests where it
--     selects: in its FROM the payloads would be stored once more, on disk when they are many.
-- States: -> ready, or scheduled when run_at lies ahead. Locks, errors: as enqueue.
declare
    v_now timestamptz := queue.now();
    v_due timestamptz := case when run_at > v_now then run_at end;
    v_slot smallint;
    v_priority smallint;
    v_attempts smallint;
    v_asks boolean;
    v_run int;
    v_wanted int;
    v_lanes bigint[];
    v_payload jsonb;
begin
    if (queue_internal.is_plain_job(kind, run_at, priority, max_attempts, unique_key, group_key, headers, unique_for,
            on_conflict, after, on_parent_failure, routing_key)
        and ascii(btrim(queue)) > 32 and length(queue) <= 200) is not true
    then
        perform queue_internal.check_job(queue, kind, run_at, priority, max_attempts, unique_key, group_key, headers);
        perform queue_internal.check_unique(unique_key, unique_for, on_conflict);
        perform queue_internal.check_after(after, on_parent_failure);
        perform queue_internal.check_key('routing_key', routing_key);
    end if;
    if array_ndims(payloads) > 1 then
        raise exception 'payloads must be an array of one dimension'
            using errcode = '22023', hint = 'pass one element for each job';
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
    select r.slot, o.priority, coalesce(enqueue_batch.max_attempts, q.max_attempts),
        q.max_payload_bytes > 0 or q.max_enqueues_per_minute > 0,
        case when q.fair then 0 else 8 end,  -- runs of 256 ids in a lane, but a fair group's turns one by one
        o.wanted,
        array(
            select distinct on (l.stripe) l.lane
            from queue_internal.lane as l
            where l.queue = enqueue_batch.queue and l.purpose = o.listed and l.stripe < o.wanted
                and l.priority = case o.listed when 'ready' then o.priority else 0 end
                and l.group_key is null and not l.dropped and l.rested is null
            order by l.stripe)
    into v_slot, v_priority, v_attempts, v_asks, v_run, v_wanted, v_lanes
    from queue_internal.queue as q
    cross join lateral (  -- a priority of its own would let a job overtake others of its key
        select coalesce(case when not q.ordered or enqueue_batch.group_key is null then enqueue_batch.priority end,
                q.priority) as priority,
            case when v_due is not null then 'waiting'
                when enqueue_batch.routing_key is null and (enqueue_batch.group_key is null or not q.fair) then 'ready'
            end as listed,
            case when v_due is null then q.stripes else 1 end as wanted
    ) as o
    cross join queue_internal.rotation as r
    where q.name in (enqueue_batch.queue, '') and r.singleton
    order by q.name desc
    limit 1;
    if v_asks then
        perform queue_internal.admit(queue, payloads);
    end if;
    if cardinality(v_lanes) < v_wanted then
        v_lanes := queue_internal.batch_lanes(queue, kind, v_due is not null, v_priority, group_key, routing_key);
    end if;
    return query
    insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, priority, attempt, lost,
        max_attempts, queue, kind, group_key, routing_key, headers, payload)
    select v_slot, v_lanes[1 + (n.id >> v_run) % cardinality(v_lanes)], n.id, n.id, v_due, v_now, v_priority, 1, 0,
        v_attempts, enqueue_batch.queue, enqueue_batch.kind, enqueue_batch.group_key, enqueue_batch.routing_key,
        enqueue_batch.headers, n.payload
    from (
        select nextval('queue_internal.job_id') as id, coalesce(p.payload, '{}') as payload
        from (select unnest(payloads) as payload) as p
    ) as n
    returning job_id;
    if v_due is null and queue_internal.last_look(queue, v_priority) <> 0 then
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
set plan_cache_mode = force_generic_plan
as $$
-- Promise: all jobs or none; a bad element fails the call and is named by its place, from 1.
-- Locks: rows of unique keys, in the order of the keys, so that two batches cannot deadlock. Errors: as enqueue.
declare
    v_options queue_internal.queue;
    v_form text;
    v_job record;
    v_id bigint;
    v_ids bigint[];
begin
    perform queue_internal.check_name('queue', queue);
    if jobs is null or jsonb_typeof(jobs) <> 'array' then
        raise exception 'jobs must be a JSON array of objects'
            using errcode = '22023', hint = 'for example [{"kind": "mail", "payload": {"to": "a@example.org"}}]';
    end if;
    v_form := queue_internal.look_over(queue, jobs);
    if v_form = 'plain' then
        v_options := queue_internal.options(queue);
        if not v_options.fair and v_options.max_payload_bytes = 0 and v_options.max_enqueues_per_minute = 0 then
            return query select * from queue_internal.insert_plain_jobs(v_options, queue, jobs);
            return;
        end if;
    end if;
    v_ids := array_fill(null::bigint, array[jsonb_array_length(jobs)]);
    for v_job in
        with drawn as materialized (
            select j.*, nextval('queue_internal.job_id') as id
            from queue_internal.read_jobs(queue, jobs, v_form is not null) as j
        )
        select * from drawn as j order by j.unique_key nulls first, j.ordinal
    loop
        v_id := queue_internal.insert_job(queue, v_job.kind, v_job.payload, v_job.run_at, v_job.priority,
            v_job.max_attempts, v_job.unique_key, v_job.group_key, v_job.headers, unique_for => v_job.unique_for,
            on_conflict => v_job.on_conflict, after => v_job.after, on_parent_failure => v_job.on_parent_failure,
            routing_key => v_job.routing_key, job_id => v_job.id);
        v_ids[v_job.ordinal] := v_id;
    end loop;
    return query select i.ordinal::int, abs(i.id), i.id > 0 from unnest(v_ids) with ordinality as i (id, ordinal);
end
$$;
comment on function queue.enqueue_batch(text, jsonb) is
    'Adds the jobs of a JSON array whose objects have the keys of enqueue''s parameters (queue, where given, is this '
    'one); returns a row for each element (ordinal from 1): its job, and whether it was created or was there already.';
