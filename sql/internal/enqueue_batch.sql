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
