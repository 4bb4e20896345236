create or replace function queue_internal.was_told(queue text, group_key text, reason_code text)
returns boolean
language plpgsql volatile
as $$
-- Whether the same was recorded within the last minute.
declare
    v_after timestamptz := queue.now() - interval '1 minute';
begin
    return exists (
        select from queue_internal.policy_decision as d
        where d.queue = was_told.queue and d.reason_code = was_told.reason_code and d.group_key = was_told.group_key
            and d.at > v_after);
end
$$;

create or replace function queue_internal.tell_policy(queue text, group_key text, reason_code text, details jsonb)
returns void
language plpgsql volatile
as $$
-- Records that a limit kept a claim from jobs: once a minute for each queue, group and reason. Waits for nobody: of two
-- sessions that find the same at the same time both may record it.
begin
    if not queue_internal.was_told(queue, group_key, reason_code) then
        insert into queue_internal.policy_decision (number, at, queue, group_key, decision, reason_code, details)
        values (nextval('queue_internal.policy_decision_number'), queue.now(), tell_policy.queue,
            tell_policy.group_key, 'THROTTLED', tell_policy.reason_code, tell_policy.details);
    end if;
end
$$;

create or replace function queue_internal.tell_groups(groups text[], options queue_internal.queue, at timestamptz)
returns void
language plpgsql volatile
as $$
-- The same of those of the groups that have no room, in one statement: there may be hundreds.
begin
    insert into queue_internal.policy_decision (number, at, queue, group_key, decision, reason_code, details)
    select nextval('queue_internal.policy_decision_number'), queue.now(), options.name, r.group_key, 'THROTTLED',
        r.reason_code, queue_internal.limit_details(options, r.group_key, r.reason_code)
    from (
        select k.group_key, g.jobs, g.reason_code
        from (
            select u.group_key, queue_internal.gate_of(options.name, u.group_key) as gate
            from unnest(groups) as u (group_key)
            offset 0
        ) as k
        cross join lateral queue_internal.room(k.gate, options, at) as g
        offset 0
    ) as r
    where r.jobs <= 0 and not queue_internal.was_told(options.name, r.group_key, r.reason_code);
end
$$;

create or replace function queue_internal.tell_throttled(
    request queue_internal.claim_request,
    options queue_internal.queue,
    reason_code text
)
returns void
language plpgsql volatile
as $$
-- Records that the queue's own limit, or a pause, kept a claim from jobs, if there are any.
begin
    if not queue_internal.was_told(request.queue, '', reason_code) and (
        (queue_internal.look(request.queue, request.kinds, null, request.routing_keys, request.unrouted)).lanes is not null
        or exists (select from queue_internal.throttled as b where b.queue = request.queue limit 1))
    then
        perform queue_internal.tell_policy(request.queue, '', reason_code,
            queue_internal.limit_details(options, '', reason_code));
    end if;
end
$$;

create or replace function queue_internal.tell_paused(queue text, kinds text[])
returns void
language plpgsql volatile
as $$
declare
    v_request queue_internal.claim_request;
begin
    v_request.queue := queue;
    v_request.kinds := kinds;
    perform queue_internal.tell_throttled(v_request, null, 'QUEUE_PAUSED');
end
$$;

create or replace function queue_internal.limit_details(options queue_internal.queue, group_key text, reason_code text)
returns jsonb
language sql stable
as $$
    -- The limit that a decision is about, by the names of its options.
    select case reason_code
        when 'KEY_BUSY' then jsonb_build_object('ordered', true)
        when 'IN_FLIGHT_EXCEEDED' then case group_key
            when '' then jsonb_build_object('max_in_flight', options.max_in_flight)
            else jsonb_build_object('max_in_flight_per_group', options.max_in_flight_per_group) end
        when 'RETRY_RATE_EXCEEDED' then jsonb_build_object('max_retries', options.max_retries,
            'starts_period', options.starts_period)
        when 'RATE_EXCEEDED' then case group_key
            when '' then jsonb_build_object('max_starts', options.max_starts, 'starts_period', options.starts_period)
            else jsonb_build_object('max_starts_per_group', options.max_starts_per_group,
                'starts_period', options.starts_period) end
        else jsonb '{}'
    end
$$;

create or replace function queue_internal.old_policy_decisions(max_rows int)
returns bigint[]
language plpgsql stable
as $$
-- Of each queue those among its first that are older than its retention_decisions, or not among its last ten thousand:
-- a queue that has many does not crowd out what is known of others.
declare
    v_default interval := (queue_internal.options('')).retention_decisions;
begin
    return array(
        with recursive k (queue) as (
            select min(d.queue) from queue_internal.policy_decision as d
            union all
            select (select min(n.queue) from queue_internal.policy_decision as n where n.queue > k.queue)
            from k
            where k.queue is not null
        )
        select o.number
        from k
        left join queue_internal.queue as q on q.name = k.queue
        cross join lateral (
            select max(l.number) as number
            from (
                select m.number
                from queue_internal.policy_decision as m
                where m.queue = k.queue
                order by m.queue, m.number desc
                offset 10000 limit 1
            ) as l
        ) as last
        cross join lateral (
            select f.number, f.at
            from queue_internal.policy_decision as f
            where f.queue = k.queue
            order by f.queue, f.number
            limit max_rows
        ) as o
        where k.queue is not null
            and (o.at < (select queue.now()) - coalesce(q.retention_decisions, v_default) or o.number <= last.number)
        limit max_rows);
end
$$;

create or replace function queue_internal.prune_policy_decisions(max_rows int)
returns int
language plpgsql volatile
as $$
-- Forgets old decisions. Waits for nobody.
declare
    v_numbers bigint[] := queue_internal.old_policy_decisions(max_rows);
    v_count int;
begin
    delete from queue_internal.policy_decision as d
    where d.number in (
        select o.number
        from queue_internal.policy_decision as o
        where o.number = any (v_numbers)
        for update skip locked);
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
