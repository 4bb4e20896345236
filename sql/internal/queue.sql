create or replace function queue_internal.with_lanes(options queue_internal.queue)
returns queue_internal.queue
language plpgsql volatile
as $$
-- The queue's row with what spares enqueues of plain jobs the search: the lanes of its priority, which are listed
-- here. Not those of a fair queue: most of its jobs have lanes of their groups.
begin
    options.lanes := case
        when options.max_payload_bytes = 0 and options.max_enqueues_per_minute = 0 and not options.fair then array(
        select queue_internal.ensure_lane('ready', options.name, options.priority, s.stripe)
        from generate_series(0, options.stripes - 1) as s (stripe)) end;
    return options;
end
$$;

create or replace function queue_internal.locked_queue(queue text)
returns queue_internal.queue
language plpgsql volatile
as $$
-- The queue's own row, locked; made from the defaults when the queue came to be by an enqueue. Errors: 42704.
declare
    v_row queue_internal.queue;
begin
    perform queue_internal.require_queue(queue);
    v_row := queue_internal.options('');
    v_row.name := queue;
    v_row.created_at := queue.now();
    loop
        insert into queue_internal.queue select v_row.* on conflict do nothing;
        if found then
            update queue_internal.queue as q set lanes = (queue_internal.with_lanes(v_row)).lanes
            where q.name = locked_queue.queue;
        end if;
        -- whoever configured it meanwhile has put another row into its place
        perform from queue_internal.queue as q where q.name = locked_queue.queue for update;
        exit when found;
    end loop;
    select q.* into strict v_row from queue_internal.queue as q where q.name = locked_queue.queue;
    return v_row;
end
$$;

create or replace function queue_internal.set_paused(queue text, paused boolean)
returns void
language plpgsql volatile
as $$
begin
    perform queue_internal.locked_queue(queue);
    update queue_internal.queue as q set paused = set_paused.paused where q.name = set_paused.queue;
    if not paused then
        perform queue_internal.notify(queue);
    end if;
end
$$;
