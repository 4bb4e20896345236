create or replace function queue_internal.make_room(queue text, lease_token bigint)
returns void
language plpgsql volatile
as $$
-- Notes that something of a gated queue was settled, for the next claim to see whether room came to be; after the
-- attempt was written. A note is no more than a hint: what counts is the attempt. A negative token is a job that waited
-- for a retry and was canceled.
begin
    insert into queue_internal.delivery (slot, lane, id, lease_token, queue)
    select r.slot, queue_internal.lane_id('freed', make_room.queue, 0, 0, null), nextval('queue_internal.job_id'),
        make_room.lease_token, make_room.queue
    from queue_internal.rotation as r
    where r.singleton;
    perform queue_internal.wake(queue, 0);  -- the priority of the notes' lane
end
$$;

create or replace function queue_internal.freed_tokens(queue text)
returns bigint[]
language plpgsql volatile
as $$
-- Reads the notes since the last time: the claims of which something was settled. Those of the caller's own transaction
-- are read again by a later one, which does no harm.
declare
    v_lane bigint := queue_internal.lane_id('freed', queue, 0, 0, null);
    v_own xid8 := pg_current_xact_id_if_assigned();
    v_cursor queue_internal.claim := queue_internal.open_lane(v_lane);
    v_rows queue_internal.delivery[];
    v_tokens bigint[];
    v_count int;
begin
    for v_step in 1 .. 2 loop
        if v_cursor.exhausted then
            v_cursor := queue_internal.next_window(v_cursor);
        end if;
        v_rows := queue_internal.window_rows(v_cursor, null, 10000);
        v_count := coalesce(cardinality(v_rows), 0);
        if v_count > 0 then
            v_cursor.last_xid := v_rows[v_count].xid;
            v_cursor.last_id := v_rows[v_count].id;
            v_tokens := v_tokens || array(select n.lease_token from unnest(v_rows) as n);
        end if;
        v_cursor.exhausted := v_count < 10000;
        exit when not v_cursor.exhausted;
    end loop;
    if v_tokens is not null then
        perform queue_internal.move_cursor(v_cursor);
    end if;
    if v_own is not null then
        v_tokens := v_tokens || array(
            select n.lease_token from queue_internal.own_rows(v_lane, v_own, 0, 10000) as n);
    end if;
    return v_tokens;
end
$$;

create or replace function queue_internal.keeps_key(
    queue text,
    group_key text,
    job_id bigint,
    outcome queue_internal.outcome
)
returns boolean
language sql stable
as $$
    -- Whether a job whose attempt ended so, in an ordered queue, is to be run again by itself and has yet to come to a
    -- claim for it: one that came before its end was known is first among those that wait, and keeps its place so.
    select outcome in ('failed', 'lost', 'snoozed', 'released')
        and not exists (select from queue_internal.dead_letter as d where d.job_id = keeps_key.job_id)
        and not exists (select from queue_internal.canceled as c where c.job_id = keeps_key.job_id)
        and not exists (
            select from queue_internal.throttled as b
            where b.queue = keeps_key.queue and b.group_key = keeps_key.group_key and b.rank = 0
                and b.job_id = keeps_key.job_id)
$$;

create or replace function queue_internal.let_go(job_ids bigint[])
returns void
language plpgsql volatile
as $$
-- Canceled jobs that keep their key, in an ordered queue, give it back.
begin
    perform queue_internal.make_room(h.queue, -h.job_id)
    from queue_internal.held as h
    where h.token = 0 and h.job_id = any (job_ids);
end
$$;

create or replace function queue_internal.settle_tokens(
    queue text,
    options queue_internal.queue,
    at timestamptz,
    tokens bigint[]
)
returns int
language plpgsql volatile
as $$
-- Lets go of what was settled of these claims; gives its groups their room back, and returns how many jobs less are in
-- flight. The caller holds the gate's lock, and changes the queue's own gate.
declare
    v_keeps boolean := options.ordered and options.retry_blocks;
    v_groups text[];
    v_ended int;
    v_group record;
begin
    if tokens is null or tokens = '{}' then
        return 0;
    end if;
    with gone as (
        delete from queue_internal.held as h
        using (
            select d.token, array(select s.job_id from queue_internal.settled as s where s.lease_token = d.token) as settled
            from (select distinct u.token from unnest(tokens) as u (token)) as d
            offset 0
        ) as t
        cross join lateral (
            select k.job_id, coalesce((
                select o.outcome from queue_internal.attempt as o
                where o.lease_token = k.token and o.job_id = k.job_id
                limit 1), 'succeeded') as outcome  -- by a receipt
            from queue_internal.held as k
            where k.token = t.token and k.job_id = any (t.settled)
        ) as a
        where h.token = t.token and h.job_id = a.job_id
        returning h.job_id, h.group_key,
            v_keeps and h.group_key is not null
                and queue_internal.keeps_key(h.queue, h.group_key, h.job_id, a.outcome) as keeps
    ),
    kept as (
        insert into queue_internal.held (token, job_id, queue, group_key)
        select 0, g.job_id, settle_tokens.queue, g.group_key from gone as g where g.keeps
        on conflict do nothing
    ),
    let_go as (
        delete from queue_internal.held as h
        using unnest(tokens) as t (token)
        where t.token < 0 and h.token = 0 and h.job_id = -t.token
            and exists (select from queue_internal.canceled as c where c.job_id = h.job_id)
        returning h.group_key
    )
    select array_agg(g.group_key) filter (where not g.keeps) || array(select l.group_key from let_go as l), count(*)
    into v_groups, v_ended
    from gone as g;
    if queue_internal.limits_groups(options) then
        for v_group in
            select g.group_key, count(*) as jobs
            from unnest(v_groups) as g (group_key)
            where g.group_key is not null
            group by g.group_key
        loop
            perform queue_internal.change_gate(queue_internal.gate_of(queue, v_group.group_key), options, at, 0,
                -v_group.jobs::int, 0);
        end loop;
    end if;
    return v_ended;
end
$$;

create or replace function queue_internal.settle_up(queue text, options queue_internal.queue, at timestamptz)
returns int
language plpgsql volatile
as $$
-- The same of all that was settled since the last time.
begin
    return queue_internal.settle_tokens(queue, options, at, queue_internal.freed_tokens(queue));
end
$$;
