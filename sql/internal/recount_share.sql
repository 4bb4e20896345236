-- A recount goes through a queue in shares. It looks without the gate's lock, each statement by one snapshot, in which
-- what is counted and what runs belong together, and takes the lock for what it found to be wrong: almost always
-- nothing.

create or replace function queue_internal.next_groups(queue text, after text, max_groups int)
returns setof text
language sql stable
as $$
    -- The groups that are known of, in order. From one to the next by index: one may have a million rows.
    with recursive k (group_key) as (
        select next_groups.after
        union all
        select (
            select min(n.group_key)
            from (
                (select g.group_key from queue_internal.gate as g
                where g.queue = next_groups.queue and g.group_key > k.group_key
                order by g.queue, g.group_key limit 1)
                union all
                (select h.group_key from queue_internal.held as h
                where h.queue = next_groups.queue and h.group_key > k.group_key
                order by h.queue, h.group_key limit 1)
                union all
                (select b.group_key from queue_internal.throttled as b
                where b.queue = next_groups.queue and b.group_key > k.group_key
                order by b.queue, b.group_key limit 1)
            ) as n)
        from k
        where k.group_key is not null
    )
    select k.group_key from k where k.group_key > next_groups.after limit next_groups.max_groups
$$;

create or replace function queue_internal.counted(
    options queue_internal.queue,
    group_key text,
    most bigint,
    out in_flight int,
    out throttled bigint
)
language plpgsql stable
as $$
-- What is in flight and throttled in truth, of a group or of the queue (''); most: where counting what is throttled may
-- end.
begin
    if group_key = '' then
        in_flight := (select count(*) from queue_internal.held as h where h.queue = options.name and h.token > 0);
        throttled := (select count(*) from (
            select from queue_internal.throttled as b where b.queue = options.name limit most) as b);
        return;
    end if;
    in_flight := case when queue_internal.limits_groups(options) then (
        select count(*) from queue_internal.held as h
        where h.queue = options.name and h.group_key = counted.group_key) else 0 end;
    throttled := (select count(*) from (
        select from queue_internal.throttled as b
        where b.queue = options.name and b.group_key = counted.group_key
        limit most) as b);
end
$$;

create or replace function queue_internal.keeps_in_vain(options queue_internal.queue, held queue_internal.held)
returns boolean
language plpgsql stable
as $$
-- Whether a key is kept for a job that will not come for it.
begin
    return not (options.ordered and options.retry_blocks)
        or not queue_internal.keeps_key(held.queue, held.group_key, held.job_id, 'failed')
        or (queue_internal.latest(held.job_id)).id is null;
end
$$;

create or replace function queue_internal.wrong_groups(
    options queue_internal.queue,
    after text,
    max_groups int,
    out groups text[],
    out last text
)
language plpgsql volatile
as $$
-- Which of the groups after one have a gate that is not as it should be, and the last one looked at, null at the end.
-- What is throttled is compared up to 1000: whether it is anything is what counts, and a stuck group may have a
-- million. An opens_at that is past already harms nobody, nor one that waits for the next retry. One statement: a call
-- of a function for each group would cost more than all of it.
declare
    v_now timestamptz := queue.now();
    v_limits boolean := queue_internal.limits_groups(options);
    v_most record := queue_internal.gate_limit(options, 'any');
    v_patience interval := interval '10 ms' + coalesce(options.starts_period / nullif(options.max_retries, 0), '0');
begin
    select array_agg(k.group_key) filter (where h.jobs <> coalesce(g.in_flight, 0)
            or b.jobs <> least(coalesce(g.throttled, 0), 1000)
            or (g.opens_at is not null) <> (b.jobs > 0 and (v_most.in_flight is null or h.jobs < v_most.in_flight))
            or case
                when g.opens_at > v_now then g.opens_at > queue_internal.opens_at(g, options, v_now) + v_patience
                when g.in_flight = 0 and g.throttled = 0 then
                    queue_internal.tokens_at(g, v_most.starts_per_second, v_most.burst, v_now) < v_most.burst is not true
                else false end
            or case when h.keeps then exists (
                select from queue_internal.held as o
                where o.queue = options.name and o.group_key = k.group_key and o.token = 0
                    and queue_internal.keeps_in_vain(options, o)) end),
        case when count(*) >= max_groups then max(k.group_key) end
    into groups, last
    from queue_internal.next_groups(options.name, after, max_groups) as k (group_key)
    left join lateral (
        select o.*
        from queue_internal.gate as o
        where o.queue = options.name and o.group_key = k.group_key
        order by o.number desc
        limit 1
    ) as g on true
    cross join lateral (
        select count(*) filter (where v_limits) as jobs, coalesce(bool_or(o.token = 0), false) as keeps
        from queue_internal.held as o
        where o.queue = options.name and o.group_key = k.group_key
    ) as h
    cross join lateral (
        select count(*) as jobs
        from (
            select from queue_internal.throttled as o
            where o.queue = options.name and o.group_key = k.group_key
            limit 1000
        ) as o
    ) as b;
end
$$;

create or replace function queue_internal.look_wrong(
    options queue_internal.queue,
    inout token bigint,
    inout group_key text,
    out tokens bigint[],
    out groups text[]
)
language plpgsql volatile
as $$
-- The next share, after a token and a group: the leases in flight of which something is settled or which nobody knows
-- any more, and the gates that are wrong. Each position moves on, and is null at the end.
declare
    v_look record;
begin
    if token is not null then
        select array_agg(distinct h.token) filter (where h.stale), case when count(*) >= 500 then max(h.token) end
        into tokens, token
        from (
            select k.token, coalesce(
                (select true from queue_internal.settled as a where a.lease_token = k.token and a.job_id = k.job_id limit 1),
                not exists (select from queue_internal.claim as c where c.token = k.token)) as stale
            from (
                select o.token, o.job_id
                from queue_internal.held as o
                where o.queue = options.name and o.token > look_wrong.token
                order by o.token
                fetch first 500 rows with ties
            ) as k
        ) as h;
    end if;
    if group_key is not null then
        v_look := queue_internal.wrong_groups(options, group_key, 500);
        group_key := v_look.last;
        groups := v_look.groups;
    end if;
    if token is null and group_key is null then
        select groups || case when t.in_flight <> g.in_flight or t.throttled <> least(g.throttled, 1000) then ''::text end into groups
        from queue_internal.gate_of(options.name, '') as g, queue_internal.counted(options, '', 1000) as t;
        groups := nullif(array_remove(groups, null), '{}');
    end if;
end
$$;

create or replace function queue_internal.mend(
    options queue_internal.queue,
    token bigint,
    group_key text,
    tokens bigint[],
    groups text[]
)
returns void
language plpgsql volatile
as $$
-- Sets right what a look found to be wrong, as it is now, and writes down how far the recount has come. The caller
-- holds the gate's lock. The queue's own gate changes in any case: a claim with an old snapshot is refused by it.
declare
    v_now timestamptz := queue.now();
    v_ended int := queue_internal.settle_tokens(options.name, options, v_now, tokens);
    v_gone record;
    v_truth record;
    v_key text;
    v_gate queue_internal.gate;
begin
    with gone as (
        delete from queue_internal.held as h
        where h.token = any (tokens) and not exists (select from queue_internal.claim as c where c.token = h.token)
        returning h.group_key
    )
    select count(*) as jobs, array_agg(g.group_key) as groups into v_gone from gone as g;
    delete from queue_internal.held as h
    where h.queue = options.name and h.group_key = any (groups) and h.token = 0 and queue_internal.keeps_in_vain(options, h);
    for v_key in select distinct k.key from unnest(groups || v_gone.groups) as k (key) where k.key <> '' loop
        v_gate := queue_internal.gate_of(options.name, v_key);
        v_truth := queue_internal.counted(options, v_key, null);
        perform queue_internal.change_gate(v_gate, options, v_now, 0, v_truth.in_flight - v_gate.in_flight,
            v_truth.throttled - v_gate.throttled);
    end loop;
    v_gate := queue_internal.gate_of(options.name, '');
    select v_gate.in_flight - v_ended - v_gone.jobs::int as in_flight, v_gate.throttled as throttled into v_truth;
    if '' = any (groups) then
        v_truth := queue_internal.counted(options, '', null);
    end if;
    v_gate.recount_token := token;
    v_gate.recount_group := group_key;
    if token is null and group_key is null then
        v_gate.recounted_at := v_now;
    end if;
    perform queue_internal.change_gate(v_gate, options, v_now, 0, v_truth.in_flight - v_gate.in_flight,
        v_truth.throttled - v_gate.throttled);
end
$$;
