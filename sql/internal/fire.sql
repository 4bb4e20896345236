create or replace function queue_internal.due_fires(
    due queue_internal.schedule,
    until timestamptz,
    max_fires int,
    out fires timestamptz[],
    out next_at timestamptz
)
language plpgsql stable
as $$
-- The fires of a schedule that are to be enqueued now, by its catch_up, and the fire after them. none: a fire that is
-- more than a minute late is left out. latest: only the last. all: each, at most max_fires at a time.
declare
    v_read queue_internal.cron := queue_internal.read_cron(due.cron);
    v_last timestamptz;
begin
    next_at := due.next_at;
    fires := '{}';
    if due.catch_up = 'all' then
        for i in 1 .. max_fires loop
            exit when next_at is null or next_at > until;
            fires := fires || next_at;
            next_at := queue_internal.cron_next(v_read, due.timezone, due.anchored_at, next_at);
        end loop;
        return;
    end if;
    v_last := coalesce(
        queue_internal.cron_last(v_read, due.timezone, due.anchored_at, due.next_at, until), due.next_at);
    next_at := queue_internal.cron_next(v_read, due.timezone, due.anchored_at, v_last);
    if due.catch_up = 'latest' or v_last >= until - interval '1 minute' then
        fires := array[v_last];
    end if;
end
$$;

create or replace function queue_internal.fire_due(max_fires int)
returns int
language plpgsql volatile
as $$
-- Enqueues what is due by schedules; returns how many jobs. Each fire once: the job and next_at are written in one
-- transaction, under the schedule's row lock; other callers skip the schedule. Raises 40001 in a transaction with an
-- old snapshot, when a schedule has been fired or changed since.
declare
    v_due queue_internal.schedule;
    v_step record;
    v_at timestamptz;
    v_job bigint;
    v_count int := 0;
begin
    for v_due in
        select s.*
        from queue_internal.schedule as s
        where not s.paused and s.next_at <= queue.now()
        order by s.next_at
        limit max_fires
        for update skip locked
    loop
        v_step := queue_internal.due_fires(v_due, queue.now(), max_fires);
        v_job := v_due.last_job_id;
        foreach v_at in array v_step.fires loop
            v_job := queue_internal.insert_job(v_due.queue, v_due.kind, v_due.payload, null, null, null, null, null,
                jsonb_build_object('schedule', v_due.name, 'fire_at', v_at), guarded => false);
            v_count := v_count + 1;
        end loop;
        update queue_internal.schedule as s
        set next_at = v_step.next_at, last_at = coalesce(v_at, s.last_at), last_job_id = v_job
        where s.name = v_due.name;
        v_at := null;
    end loop;
    return v_count;
end
$$;

create or replace function queue_internal.fire_schedules(max_fires int)
returns int
language plpgsql volatile
as $$
-- The same; where fire_due raises 40001 the fires are left to others.
begin
    if current_setting('transaction_isolation') not in ('repeatable read', 'serializable') then
        return queue_internal.fire_due(max_fires);
    end if;
    begin
        return queue_internal.fire_due(max_fires);
    exception
        when serialization_failure then
            return 0;
    end;
end
$$;
