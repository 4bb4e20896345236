-- Unique keys: one live job for each key, and what becomes of it when another is enqueued. The row of the key is the
-- arbiter: an enqueue that changes the holder locks it until its commit, and so does the claim that hands the holder
-- out.

create or replace function queue_internal.take_unique_key(queue text, unique_key text, job_id bigint, unique_for interval)
returns bigint
language plpgsql volatile
as $$
-- Makes a new job the holder of its unique key; the job that holds it already, else null.
-- Only a session with the same unique key can make this wait.
declare
    v_now timestamptz := queue.now();
    v_holder bigint;
begin
    loop
        insert into queue_internal.unique_key (queue, key, job_id, held_until)
        values (take_unique_key.queue, take_unique_key.unique_key, take_unique_key.job_id, v_now + unique_for)
        on conflict do nothing;
        if found then
            return null;
        end if;
        select u.job_id into v_holder
        from queue_internal.unique_key as u
        where u.queue = take_unique_key.queue and u.key = take_unique_key.unique_key and (u.live or u.held_until > v_now);
        if found then
            return v_holder;
        end if;
        update queue_internal.unique_key as u
        set job_id = take_unique_key.job_id, revision = 0, live = true, held_until = v_now + unique_for
        where u.queue = take_unique_key.queue and u.key = take_unique_key.unique_key
            and not u.live and u.held_until <= v_now;
        if found then
            return null;
        end if;
    end loop;
end
$$;

create or replace function queue_internal.revise(
    source queue_internal.delivery,
    payload jsonb,
    headers jsonb,
    due_at timestamptz
)
returns void
language plpgsql volatile
as $$
-- Appends the next revision of a job that no worker has, with another body. The caller holds the row of its key.
declare
    v_waits boolean := due_at > queue.now();
    v_blocked boolean := source.lane = queue_internal.lane_id('blocked', source.queue, 0, 0, null);
begin
    if exists (select from queue_internal.throttled as b where b.id = source.id) then
        perform queue_internal.unthrottle_one(source);
    end if;
    insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, replay_of, priority, attempt,
        lost, max_attempts, revision, queue, kind, unique_key, group_key, routing_key, headers, payload)
    select r.slot, case when v_blocked then source.lane when v_waits then queue_internal.ensure_lane('waiting', source.queue)
            else queue_internal.due_lane(source.queue, source.priority, source.kind, source.routing_key,
                source.group_key) end,
        nextval('queue_internal.job_id'), source.job_id, revise.due_at, source.enqueued_at, source.replay_of,
        source.priority, source.attempt, source.lost, source.max_attempts, coalesce(source.revision, 0) + 1,
        source.queue, source.kind, source.unique_key, source.group_key, source.routing_key, revise.headers,
        coalesce(revise.payload, '{}')
    from queue_internal.rotation as r
    where r.singleton;
    if not v_blocked then
        -- The revision alone makes the old row void; this spares claims and counts the look at it.
        insert into queue_internal.void (lane, id) values (source.lane, source.id) on conflict do nothing;
    end if;
    if not v_waits and not v_blocked then
        perform queue_internal.wake(source.queue, source.priority);
    end if;
end
$$;

create or replace function queue_internal.change_holder(
    queue text,
    unique_key text,
    holder bigint,
    job_id bigint,
    unique_for interval,
    on_conflict text,
    payload jsonb,
    headers jsonb,
    run_at timestamptz
)
returns bigint
language plpgsql volatile
as $$
-- Gives the holder of a key another body, and with reschedule another run_at; returns it. Null when a worker has it:
-- then the new job has the key, and the other goes on without. Zero when the holder has ended meanwhile. Waits for
-- another session that changes the same holder, or is just claiming it.
declare
    v_now timestamptz := queue.now();
    v_key queue_internal.unique_key;
    v_at record;
begin
    select u.* into v_key
    from queue_internal.unique_key as u
    where u.queue = change_holder.queue and u.key = change_holder.unique_key and u.job_id = holder
    for update;
    if not found then
        return 0;
    elsif not v_key.live then
        return holder;
    end if;
    select * into v_at from queue_internal.standing(holder);
    if v_at.state = 'blocked' then
        -- Nobody moves it on until the commit; who has meanwhile, is found by another look.
        perform from queue_internal.blocked as b where b.job_id = holder and b.released_at is null for update;
        if not found then
            return 0;
        end if;
    elsif v_at.state not in ('ready', 'scheduled', 'retrying') then
        update queue_internal.unique_key as u
        set job_id = change_holder.job_id, revision = 0, held_until = v_now + unique_for
        where u.queue = change_holder.queue and u.key = change_holder.unique_key;
        return null;
    end if;
    perform queue_internal.admit(queue, array[coalesce(payload, '{}')]);
    perform queue_internal.revise(v_at.latest, payload, headers,
        case on_conflict when 'reschedule' then coalesce(run_at, v_now) else (v_at.latest).due_at end);
    with told as (
        insert into queue_internal.event (job_id, at, event, detail)
        values (holder, queue.now(), case on_conflict when 'reschedule' then 'rescheduled' else 'replaced' end,
            case when on_conflict = 'reschedule' then 'due at ' || coalesce(run_at, v_now) end)
    )
    update queue_internal.unique_key as u
    set revision = u.revision + 1
    where u.queue = change_holder.queue and u.key = change_holder.unique_key;
    return holder;
end
$$;

create or replace function queue_internal.win_key(
    queue text,
    unique_key text,
    job_id bigint,
    unique_for interval,
    on_conflict text,
    payload jsonb,
    headers jsonb,
    run_at timestamptz
)
returns bigint
language plpgsql volatile
as $$
-- Null when the new job holds its key; else the job that holds it, changed as on_conflict says.
declare
    v_holder bigint;
begin
    loop
        v_holder := queue_internal.take_unique_key(queue, unique_key, job_id, unique_for);
        if v_holder is null or coalesce(on_conflict, 'keep') = 'keep' then
            return v_holder;
        end if;
        v_holder := queue_internal.change_holder(queue, unique_key, v_holder, job_id, unique_for, on_conflict, payload,
            headers, run_at);
        if v_holder is distinct from 0 then
            return v_holder;
        end if;
    end loop;
end
$$;

create or replace function queue_internal.release_keys(job_ids bigint[], done boolean default true)
returns void
language plpgsql volatile
as $$
-- Ended jobs give their unique keys back; those that are done (not dead, not canceled), when their period is over. In
-- one order everywhere, so that two batches cannot deadlock.
declare
    v_now timestamptz := queue.now();
begin
    with held as materialized (
        select k.queue, k.key, coalesce(release_keys.done and k.held_until > v_now, false) as stays
        from queue_internal.unique_key as k
        where k.job_id = any (release_keys.job_ids)
        order by k.queue, k.key
        for update
    ),
    kept as (
        update queue_internal.unique_key as u set live = false
        from held as h
        where h.stays and u.queue = h.queue and u.key = h.key
    )
    delete from queue_internal.unique_key as u
    using held as h
    where not h.stays and u.queue = h.queue and u.key = h.key;
end
$$;

create or replace function queue_internal.prune_keys(max_rows int)
returns int
language plpgsql volatile
as $$
-- Forgets keys that ended jobs have kept for long enough.
declare
    v_count int;
begin
    delete from queue_internal.unique_key as u
    where (u.queue, u.key) in (
        select k.queue, k.key
        from queue_internal.unique_key as k
        where k.held_until <= queue.now() and not k.live
        limit max_rows
        for update skip locked);
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
