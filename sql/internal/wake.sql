create or replace function queue_internal.wake_bucket(queue text)
returns int
language sql immutable
as $$
    select hashtext(queue) & 31
$$;

create or replace function queue_internal.is_awaited(queue text)
returns boolean
language sql volatile
as $$
    -- Whether a worker that found nothing may be waiting. One expression, which the caller's plan takes in.
    select coalesce(pg_sequence_last_value(('queue_internal.wake_' || (hashtext(queue) & 31))::regclass), 0)
        > extract(epoch from clock_timestamp()) * 1000
$$;

create or replace function queue_internal.arm(queue text)
returns void
language plpgsql volatile
as $$
-- Says that a worker found nothing and may be waiting: the next enqueue notifies. Undone by nobody's rollback.
declare
    v_clock regclass := ('queue_internal.wake_' || queue_internal.wake_bucket(queue))::regclass;
    v_now bigint := extract(epoch from clock_timestamp()) * 1000;
begin
    if coalesce(pg_sequence_last_value(v_clock), 0) < v_now + 30000 then
        perform setval(v_clock, v_now + 60000);
    end if;
end
$$;

create or replace function queue_internal.wake(queue text)
returns void
language plpgsql volatile
as $$
-- Notifies the queue's channel at commit, if a worker may be waiting. The first enqueue after a worker found
-- nothing notifies; the next ones do not until a worker has found nothing again, because a NOTIFY in every
-- transaction costs a factor of three. A notification lost on the way (rollback, race) costs one poll interval.
declare
    v_clock regclass := ('queue_internal.wake_' || queue_internal.wake_bucket(queue))::regclass;
begin
    if queue_internal.is_awaited(queue) then
        perform setval(v_clock, 0);
        perform pg_notify('quoll_' || queue_internal.wake_bucket(queue), left(queue, 1000));
    end if;
end
$$;
