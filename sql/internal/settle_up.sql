create or replace function queue_internal.make_room(queue text, lease_token bigint, job_id bigint default null)
returns void
language plpgsql volatile
as $$
-- Notes that something of a gated queue was settled, for the next claim to see whether room came to be; after the
-- attempt was written. A note is no more than a hint: what counts is the attempt.
begin
    insert into queue_internal.delivery (slot, lane, id, job_id, lease_token, queue)
    select r.slot, queue_internal.lane_id('freed', make_room.queue, 0, 0, null), nextval('queue_internal.job_id'),
        make_room.job_id, make_room.lease_token, make_room.queue
    from queue_internal.rotation as r
    where r.singleton;
    perform queue_internal.wake(queue);
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

create or replace function queue_internal.settle_up(queue text, options queue_internal.queue, at timestamptz)
returns int
language plpgsql volatile
as $$
-- Lets go of what was settled since the last time; gives its groups their room back, and returns how many jobs less are in
-- flight. The caller holds the gate's lock, and changes the queue's own gate.
declare
    v_tokens bigint[] := queue_internal.freed_tokens(queue);
    v_groups text[];
    v_group record;
begin
    if v_tokens is null or v_tokens = '{}' then
        return 0;
    end if;
    with gone as (
        delete from queue_internal.held as h
        using (select distinct t.token from unnest(v_tokens) as t (token)) as t
        where h.token = t.token and exists (
            select from queue_internal.attempt as a where a.lease_token = h.token and a.job_id = h.job_id)
        returning coalesce(h.group_key, '') as group_key
    )
    select array_agg(g.group_key) into v_groups from gone as g;
    if queue_internal.limits_groups(options) then
        for v_group in
            select g.group_key, count(*) as jobs
            from unnest(v_groups) as g (group_key)
            where g.group_key <> ''
            group by g.group_key
        loop
            perform queue_internal.change_gate(queue_internal.gate_of(queue, v_group.group_key), options, at, 0,
                -v_group.jobs::int, 0);
        end loop;
    end if;
    return coalesce(cardinality(v_groups), 0);
end
$$;
