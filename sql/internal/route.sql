create or replace function queue_internal.options(queue text)
returns queue_internal.queue
language plpgsql stable
as $$
-- The queue's options, or the defaults of a queue that nobody configured.
declare
    v_row queue_internal.queue;
begin
    select q.* into v_row
    from queue_internal.queue as q
    where q.name in (options.queue, '')
    order by q.name desc
    limit 1;
    return v_row;
end
$$;

create or replace function queue_internal.exists_queue(queue text)
returns boolean
language plpgsql stable
as $$
begin
    return queue <> '' and (
        exists (select from queue_internal.queue as q where q.name = exists_queue.queue)
        or exists (select from queue_internal.lane as l where l.queue = exists_queue.queue and not l.dropped));
end
$$;

create or replace function queue_internal.require_queue(queue text)
returns void
language plpgsql stable
as $$
begin
    perform queue_internal.check_name('queue', queue);
    if not queue_internal.exists_queue(queue) then
        raise exception 'queue % does not exist', queue_internal.shown(queue)
            using errcode = '42704', hint = 'create it by queue.create_queue or by enqueuing into it';
    end if;
end
$$;
