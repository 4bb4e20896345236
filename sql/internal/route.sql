create or replace function queue_internal.options(queue text)
returns queue_internal.queue
language sql stable
as $$
    -- The queue's options, or the defaults of a queue that nobody configured.
    select q.*
    from queue_internal.queue as q
    where q.name in (options.queue, '')
    order by q.name desc
    limit 1
$$;

create or replace function queue_internal.notifies(queue text)
returns boolean
language sql stable
as $$
    select (queue_internal.options(queue)).notify
$$;

create or replace function queue_internal.exists_queue(queue text)
returns boolean
language sql stable
as $$
    select queue <> '' and (
        exists (select from queue_internal.queue as q where q.name = exists_queue.queue)
        or exists (select from queue_internal.lane as l where l.queue = exists_queue.queue))
$$;

create or replace function queue_internal.require_queue(queue text)
returns void
language plpgsql stable
as $$
begin
    perform queue_internal.check_name('queue', queue);
    if not queue_internal.exists_queue(queue) then
        raise exception 'queue % does not exist', quote_literal(queue)
            using errcode = '42704', hint = 'create it by queue.create_queue or by enqueuing into it';
    end if;
end
$$;
