create or replace function queue_internal.wake_bucket(queue text)
returns int
language sql immutable
as $$
    select hashtext(queue) & 31
$$;

create or replace function queue_internal.bell(queue text, priority int)
returns regclass
language sql stable
as $$
    -- Constants, for a name that is put together must be looked up each time; one expression, which the caller's plan
    -- takes in.
    select (array[
        'queue_internal.wake_0'::regclass, 'queue_internal.wake_1'::regclass, 'queue_internal.wake_2'::regclass, 'queue_internal.wake_3'::regclass,
        'queue_internal.wake_4'::regclass, 'queue_internal.wake_5'::regclass, 'queue_internal.wake_6'::regclass, 'queue_internal.wake_7'::regclass,
        'queue_internal.wake_8'::regclass, 'queue_internal.wake_9'::regclass, 'queue_internal.wake_10'::regclass, 'queue_internal.wake_11'::regclass,
        'queue_internal.wake_12'::regclass, 'queue_internal.wake_13'::regclass, 'queue_internal.wake_14'::regclass, 'queue_internal.wake_15'::regclass,
        'queue_internal.wake_16'::regclass, 'queue_internal.wake_17'::regclass, 'queue_internal.wake_18'::regclass, 'queue_internal.wake_19'::regclass,
        'queue_internal.wake_20'::regclass, 'queue_internal.wake_21'::regclass, 'queue_internal.wake_22'::regclass, 'queue_internal.wake_23'::regclass,
        'queue_internal.wake_24'::regclass, 'queue_internal.wake_25'::regclass, 'queue_internal.wake_26'::regclass, 'queue_internal.wake_27'::regclass,
        'queue_internal.wake_28'::regclass, 'queue_internal.wake_29'::regclass, 'queue_internal.wake_30'::regclass, 'queue_internal.wake_31'::regclass
    ])[1 + (((hashtext(queue) & 31) + priority) & 31)]
$$;

create or replace function queue_internal.last_look(queue text, priority int)
returns bigint
language sql volatile
as $$
    -- What the bell shows: the number of the last look that found nothing, negative when nobody waits to be notified,
    -- or 0 when something was put there since. Taken in likewise.
    select coalesce(pg_sequence_last_value(queue_internal.bell(queue, priority)), 0)
$$;

create or replace function queue_internal.notify(queue text)
returns void
language plpgsql volatile
as $$
-- Not while the server's space for notifications is nearly full, because a session that listens stays in a transaction:
-- then the commit would fail. Workers find by polling what they are not told of.
begin
    if (queue_internal.options(queue)).notify and pg_notification_queue_usage() < 0.9 then
        perform pg_notify('quoll_' || queue_internal.wake_bucket(queue), left(queue, 1000));
    end if;
end
$$;

create or replace function queue_internal.arm(queue text)
returns void
language plpgsql volatile
as $$
-- Says that a worker found nothing and may be waiting: the next enqueue notifies. Undone by nobody's rollback. The
-- number is new each time, so that no look is taken for a later one.
begin
    perform setval(queue_internal.bell(arm.queue, l.priority), nextval('queue_internal.token'))
    from (
        select distinct k.priority
        from queue_internal.lane as k
        where k.queue = arm.queue and k.purpose in ('ready', 'again', 'parked', 'freed')
    ) as l
    where queue_internal.last_look(arm.queue, l.priority) <= 0;
end
$$;

create or replace function queue_internal.wake(queue text, priority int)
returns void
language plpgsql volatile
as $$
-- For everybody who has put something into a lane that claims read, after the insert: only then is the transaction
-- among those that a look which armed the bell later holds for pending. Notifies the queue's channel at commit when a
-- worker may be waiting: the first enqueue after a worker found nothing does, the next ones do not until a worker has
-- found nothing again, because a NOTIFY in every transaction costs a factor of three. A notification lost on the way
-- (rollback, race) costs one poll interval.
declare
    v_look bigint := queue_internal.last_look(queue, priority);
begin
    if v_look <> 0 then
        perform setval(queue_internal.bell(queue, priority), 0);
    end if;
    if v_look > 0 then
        perform queue_internal.notify(queue);
    end if;
end
$$;
