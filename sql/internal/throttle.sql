-- What limits hold back: how it is set aside, and taken from there when it is canceled or changed.

create or replace function queue_internal.throttle(rows queue_internal.delivery[], places int[], options queue_internal.queue)
returns void
language sql volatile
as $$
    -- Sets rows aside that their group has no room for.
    insert into queue_internal.throttled (queue, group_key, rank, job_id, id, slot, kind, attempt, keyed,
        routing_key)
    select d.queue, d.group_key, case when (throttle.options).ordered then 0 else -d.priority end, d.job_id, d.id, d.slot,
        d.kind, d.attempt, d.unique_key is not null, d.routing_key
    from unnest(rows) with ordinality as d
    where d.ordinality = any (places)
    on conflict on constraint throttled_pkey do update set id = excluded.id, slot = excluded.slot, kind = excluded.kind,
        attempt = excluded.attempt
$$;

create or replace function queue_internal.unthrottle(ids bigint[], queue text)
returns bigint[]
language plpgsql volatile
as $$
-- Takes throttled deliveries away, for good; returns those that were throttled. The caller holds the gate's lock.
declare
    v_options queue_internal.queue := queue_internal.options(queue);
    v_now timestamptz := queue.now();
    v_ids bigint[];
    v_groups text[];
    v_group record;
begin
    with gone as (delete from queue_internal.throttled as b where b.id = any (ids) returning b.id, b.group_key)
    select array_agg(g.id), array_agg(g.group_key) into v_ids, v_groups from gone as g;
    for v_group in
        select k.group_key, count(*) as jobs
        from unnest(v_groups) as g (group_key)
        cross join lateral (values (''), (g.group_key)) as k (group_key)
        group by k.group_key
    loop
        perform queue_internal.change_gate(queue_internal.gate_of(queue, v_group.group_key), v_options, v_now, 0, 0,
            -v_group.jobs);
    end loop;
    return v_ids;
end
$$;

create or replace function queue_internal.unthrottle_one(source queue_internal.delivery)
returns boolean
language plpgsql volatile
as $$
-- Takes a throttled delivery away, for good; false when it was not, or not any more. Errors: 55P03.
begin
    perform queue_internal.need_lane(queue_internal.gate_lock(source.queue), interval '2 seconds',
        format('job %s is being claimed', source.job_id));
    return queue_internal.unthrottle(array[source.id], source.queue) is not null;
end
$$;
