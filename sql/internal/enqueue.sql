create or replace function queue_internal.insert_job(
    queue text,
    kind text,
    payload jsonb,
    run_at timestamptz,
    priority int,
    max_attempts int,
    unique_key text,
    group_key text,
    headers jsonb,
    replay_of bigint default null
)
returns bigint
language plpgsql volatile
as $$
-- Appends one checked job and returns its id; -id of the live job that holds unique_key already.
-- Only a session with the same unique key can make this wait.
declare
    v_id bigint := nextval('queue_internal.job_id');
    v_now timestamptz := clock_timestamp();
    v_route record;
begin
    if unique_key is not null then
        loop
            insert into queue_internal.unique_key (queue, key, job_id)
            values (insert_job.queue, insert_job.unique_key, v_id)
            on conflict do nothing;
            exit when found;
            select -u.job_id into v_id
            from queue_internal.unique_key as u
            where u.queue = insert_job.queue and u.key = insert_job.unique_key;
            if found then
                return v_id;
            end if;
            v_id := nextval('queue_internal.job_id');
        end loop;
    end if;

    select q.priority, q.max_attempts, q.stripes, q.notify, r.slot, l.lane into v_route
    from queue_internal.queue as q
    join queue_internal.rotation as r on r.singleton
    left join queue_internal.lane as l
        on l.queue = insert_job.queue and l.purpose = 'ready'
        and l.priority = coalesce(insert_job.priority, q.priority)
        and l.stripe = (v_id >> 8) % q.stripes and not l.dropped
    where q.name in (insert_job.queue, '')
    order by q.name desc
    limit 1;

    if run_at > v_now then
        v_route.lane := queue_internal.ensure_lane('waiting', queue);
    else
        run_at := null;
        if v_route.lane is null then
            v_route.lane := queue_internal.ensure_lane('ready', queue,
                coalesce(priority, v_route.priority), ((v_id >> 8) % v_route.stripes)::int);
        end if;
        if v_route.notify then
            perform queue_internal.wake(queue);
        end if;
    end if;

    insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, replay_of, priority, attempt,
        lost, max_attempts, queue, kind, unique_key, group_key, headers, payload)
    values (v_route.slot, v_route.lane, v_id, v_id, run_at, v_now, insert_job.replay_of,
        coalesce(insert_job.priority, v_route.priority), 1, 0,
        coalesce(insert_job.max_attempts, v_route.max_attempts), insert_job.queue, insert_job.kind,
        insert_job.unique_key, insert_job.group_key, insert_job.headers, coalesce(insert_job.payload, '{}'));
    return v_id;
end
$$;
