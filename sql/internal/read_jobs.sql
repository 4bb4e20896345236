create or replace function queue_internal.read_ids(value jsonb)
returns bigint[]
language plpgsql immutable
as $$
-- The job ids of a JSON array; null for none. Raises 22023.
begin
    if value is null or value = 'null' then
        return null;
    elsif jsonb_typeof(value) <> 'array' or value @? '$[*] ? (@.type() != "number")' then
        raise exception 'after must be an array of job ids' using errcode = '22023', hint = 'for example [1, 2]';
    end if;
    return array(select jsonb_array_elements_text(value)::bigint);
end
$$;

create or replace function queue_internal.job_columns(jobs jsonb)
returns table (
    ordinal int,
    kind text,
    payload jsonb,
    run_at timestamptz,
    priority int,
    max_attempts int,
    unique_key text,
    group_key text,
    headers jsonb,
    unique_for interval,
    on_conflict text,
    routing_key text,
    queue text,
    rest jsonb
)
language sql stable
as $$
    -- The elements of a batch, unchecked; rest: what else one has. Plans take it in, and read only the columns they
    -- use.
    select e.place::int, e.value ->> 'kind', e.value -> 'payload', (e.value ->> 'run_at')::timestamptz,
        (e.value ->> 'priority')::int, (e.value ->> 'max_attempts')::int, e.value ->> 'unique_key',
        e.value ->> 'group_key', nullif(e.value -> 'headers', 'null'), (e.value ->> 'unique_for')::interval,
        e.value ->> 'on_conflict', e.value ->> 'routing_key', e.value ->> 'queue',
        e.value - array['kind', 'payload', 'run_at', 'priority', 'max_attempts', 'unique_key', 'group_key', 'headers',
            'unique_for', 'on_conflict', 'routing_key', 'queue']
    from jsonb_array_elements(jobs) with ordinality as e (value, place)
$$;

create or replace function queue_internal.look_over(queue text, jobs jsonb)
returns text
language plpgsql stable
as $$
-- What one look at all elements tells: plain when all are good and none has a unique or a routing key, good when all
-- are. Null says nothing: then they are read one by one, which finds what is wrong, if anything is.
begin
    return (
        select case when bool_and(c.good is not false) then case when bool_and(c.plain) then 'plain' else 'good' end end
        from (
            select j.rest = '{}' and (j.queue is null or j.queue = look_over.queue)
                    and j.kind is not null and ascii(btrim(j.kind)) > 32 and length(j.kind) <= 200
                    and isfinite(j.run_at) and j.priority between -100 and 100 and j.max_attempts between 1 and 10000
                    and jsonb_typeof(j.headers) = 'object'
                    and octet_length(j.unique_key) between 1 and 1024 and octet_length(j.group_key) between 1 and 1024
                    and octet_length(j.routing_key) between 1 and 1024
                    and j.unique_for between '1 millisecond' and '10 years'
                    and j.on_conflict in ('keep', 'replace', 'reschedule')
                    and (j.unique_key is not null or j.unique_for is null and j.on_conflict is null) as good,
                j.unique_key is null and j.routing_key is null as plain
            from queue_internal.job_columns(jobs) as j
        ) as c);
exception
    when data_exception then
        return null;
end
$$;

create or replace function queue_internal.read_jobs(queue text, jobs jsonb, good boolean)
returns table (
    ordinal int,
    kind text,
    payload jsonb,
    run_at timestamptz,
    priority int,
    max_attempts int,
    unique_key text,
    group_key text,
    headers jsonb,
    unique_for interval,
    on_conflict text,
    after bigint[],
    on_parent_failure text,
    routing_key text
)
language plpgsql stable
as $$
-- The elements of a batch, checked, if they are not known to be good. Raises 22023 and names the first bad element,
-- before anything is written.
declare
    v_known constant text[] := array['kind', 'payload', 'run_at', 'priority', 'max_attempts', 'unique_key',
        'group_key', 'headers', 'unique_for', 'on_conflict', 'after', 'on_parent_failure', 'routing_key', 'queue'];
    v_job jsonb;
    v_unknown text;
    v_message text;
    v_hint text;
begin
    if good then
        return query
        select j.ordinal, j.kind, j.payload, j.run_at, j.priority, j.max_attempts, j.unique_key, j.group_key, j.headers,
            j.unique_for, j.on_conflict, null::bigint[], null::text, j.routing_key
        from queue_internal.job_columns(jobs) as j;
        return;
    end if;
    for v_job, ordinal in select e.value, e.place from jsonb_array_elements(jobs) with ordinality as e (value, place) loop
        if jsonb_typeof(v_job) <> 'object' then
            raise exception 'element % is no object but a %', ordinal, jsonb_typeof(v_job)
                using errcode = '22023', hint = 'nothing of the batch was enqueued';
        end if;
        select min(k.key) into v_unknown from jsonb_object_keys(v_job) as k (key) where k.key <> all (v_known);
        if v_unknown is not null then
            raise exception 'element % has the unknown key %', ordinal, queue_internal.shown(v_unknown)
                using errcode = '22023', hint = 'known keys: ' || array_to_string(v_known, ', ');
        end if;
        if v_job ->> 'queue' <> read_jobs.queue then
            raise exception 'element % is for queue %, and the batch for %', ordinal,
                queue_internal.shown(v_job ->> 'queue'), queue_internal.shown(read_jobs.queue)
                using errcode = '22023',
                    hint = 'a batch has one queue: call enqueue_batch once for each; nothing was enqueued';
        end if;
        begin
            kind := v_job ->> 'kind';
            payload := v_job -> 'payload';
            run_at := (v_job ->> 'run_at')::timestamptz;
            priority := (v_job ->> 'priority')::int;
            max_attempts := (v_job ->> 'max_attempts')::int;
            unique_key := v_job ->> 'unique_key';
            group_key := v_job ->> 'group_key';
            headers := nullif(v_job -> 'headers', 'null');
            unique_for := (v_job ->> 'unique_for')::interval;
            on_conflict := v_job ->> 'on_conflict';
            perform queue_internal.check_job(queue, kind, run_at, priority, max_attempts, unique_key, group_key,
                headers);
            perform queue_internal.check_unique(unique_key, unique_for, on_conflict);
            after := queue_internal.read_ids(v_job -> 'after');
            on_parent_failure := v_job ->> 'on_parent_failure';
            perform queue_internal.check_after(after, on_parent_failure);
            routing_key := v_job ->> 'routing_key';
            perform queue_internal.check_key('routing_key', routing_key);
        exception
            when data_exception then
                get stacked diagnostics v_message = message_text, v_hint = pg_exception_hint;
                raise exception 'element %: %', ordinal, left(v_message, 500)
                    using errcode = '22023', hint = coalesce(nullif(v_hint, ''), 'nothing of the batch was enqueued');
        end;
        return next;
    end loop;
end
$$;
