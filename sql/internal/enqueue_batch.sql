create or replace function queue_internal.batch_lanes(
    queue text,
    kind text,
    waits boolean,
    priority int,
    group_key text,
    routing_key text
)
returns bigint[]
language plpgsql volatile
as $$
-- The lanes over which enqueue_batch spreads its jobs, where it has not found them all listed.
declare
    v_options queue_internal.queue;
begin
    if waits then
        return array[queue_internal.ensure_lane('waiting', queue)];
    end if;
    v_options := queue_internal.options(queue);
    if v_options.fair and group_key is not null then
        return queue_internal.fair_lanes(v_options, queue, priority::smallint, group_key,
            case when routing_key is null then 'ready' else 'parked' end, case when routing_key is not null then kind end,
            routing_key);
    elsif routing_key is not null then
        return array[queue_internal.due_lane(queue, priority, kind, routing_key, group_key)];
    end if;
    return array(
        select queue_internal.ensure_lane('ready', batch_lanes.queue, batch_lanes.priority, s.stripe)
        from generate_series(0, v_options.stripes - 1) as s (stripe)
        order by s.stripe);
end
$$;

create or replace function queue_internal.insert_plain_jobs(options queue_internal.queue, queue text, jobs jsonb)
returns table (ordinal int, job_id bigint, created boolean)
language plpgsql volatile
as $$
-- Appends the elements of a batch, which are good and have no unique or routing key, in one statement. Not for queues
-- that are fair or refuse enqueues. It finds each row's lane as insert_job does.
declare
    v_now timestamptz := queue.now();
begin
    return query
    with new as materialized (
        select nextval('queue_internal.job_id') as id, j.ordinal, j.kind, j.payload, j.max_attempts, j.group_key,
            j.headers, case when j.run_at > v_now then j.run_at end as due_at,
            coalesce(case when not options.ordered or j.group_key is null then j.priority end, options.priority) as rank
        from queue_internal.job_columns(jobs) as j
    ),
    made as (
        insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, priority, attempt, lost,
            max_attempts, queue, kind, group_key, headers, payload)
        select r.slot, coalesce(l.lane,
                queue_internal.ensure_lane(p.purpose, insert_plain_jobs.queue, p.priority, p.stripe)),
            n.id, n.id, n.due_at, v_now, n.rank, 1, 0,
            coalesce(n.max_attempts, options.max_attempts), insert_plain_jobs.queue, n.kind, n.group_key, n.headers,
            coalesce(n.payload, '{}')
        from new as n
        cross join lateral (
            select case when n.due_at is null then 'ready' else 'waiting' end as purpose,
                case when n.due_at is null then n.rank else 0 end as priority,
                case when n.due_at is null then ((n.id >> 8) % options.stripes)::int else 0 end as stripe
        ) as p
        cross join queue_internal.rotation as r
        left join lateral (
            select k.lane
            from queue_internal.lane as k
            where k.queue = insert_plain_jobs.queue and k.purpose = p.purpose and k.priority = p.priority
                and k.stripe = p.stripe and k.group_key is null and not k.dropped and k.rested is null
            limit 1
        ) as l on true
        where r.singleton
    )
    select n.ordinal, n.id, true from new as n order by n.ordinal;
    perform queue_internal.wake(queue, w.priority)
    from (
        select distinct coalesce(case when not options.ordered or j.group_key is null then j.priority end,
            options.priority) as priority
        from queue_internal.job_columns(jobs) as j
        where (j.run_at > v_now) is not true
    ) as w
    where queue_internal.last_look(insert_plain_jobs.queue, w.priority) <> 0;
end
$$;
