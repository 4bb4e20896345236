create or replace function queue_internal.fate(
    cursor_row queue_internal.claim,
    xid xid8,
    id bigint,
    kind text,
    own_xid xid8,
    kinds text[]
)
returns text
language plpgsql volatile
as $$
-- What a claim does with a row: taken; parked for workers that know its kind; dropped, because it is void or was
-- handed out before its transaction committed, by that transaction.
declare
    v_place int := array_position(cursor_row.before_xids, xid);
begin
    if own_xid is null and v_place is not null and id <= cursor_row.before_ids[v_place] then
        return 'dropped';
    end if;
    delete from queue_internal.void as v where v.lane = cursor_row.lane and v.id = fate.id;
    if found then
        return 'dropped';
    end if;
    return case when kinds is not null and kind = any (kinds) is not true then 'parked' else 'taken' end;
end
$$;

create or replace function queue_internal.fates(
    keys queue_internal.row_keys,
    cursor_row queue_internal.claim,
    own_xid xid8,
    kinds text[]
)
returns table (place bigint, fate text, void boolean)
language sql stable
as $$
    -- As fate, of many rows and without doing anything. A lateral look at each, or a plan made without statistics
    -- compares every row with every void one.
    select k.place, case
            when own_xid is null
                and k.id <= (cursor_row).before_ids[array_position((cursor_row).before_xids, k.xid)] then 'dropped'
            when v.found then 'dropped'
            when kinds is not null and k.kind = any (kinds) is not true then 'parked'
            else 'taken' end,
        v.found is not null
    from unnest((keys).xids, (keys).ids, (keys).kinds) with ordinality as k (xid, id, kind, place)
    left join lateral (
        select true as found from queue_internal.void as o where o.lane = (cursor_row).lane and o.id = k.id limit 1
    ) as v on true
$$;

create or replace function queue_internal.reach(
    keys queue_internal.row_keys,
    cursor_row queue_internal.claim,
    kinds text[],
    jobs int
)
returns int
language plpgsql stable
as $$
-- How many of the rows must be passed for so many jobs to be taken; all of them when they have fewer.
begin
    return coalesce((
        select f.place
        from queue_internal.fates(keys, cursor_row, null, kinds) as f
        where f.fate = 'taken'
        order by f.place
        offset jobs - 1
        limit 1), cardinality(keys.ids));
end
$$;

create or replace function queue_internal.park(lane bigint, slots smallint[], xids xid8[], ids bigint[])
returns void
language plpgsql volatile
as $$
-- Moves rows of a lane, given in order, on to the lanes of their kinds, where workers that know them find them; their
-- rank stays. Looks a lane up once for all that go there; in a fair queue, where a group may have several, eight times.
declare
    v_slot smallint := (select r.slot from queue_internal.rotation as r where r.singleton);
    v_first queue_internal.delivery;
    v_fair boolean;
begin
    select d.* into v_first
    from queue_internal.delivery as d
    where d.slot = slots[1] and d.lane = park.lane and d.xid = xids[1] and d.id = ids[1];
    v_fair := (queue_internal.options(v_first.queue)).fair;
    with source as materialized (
        select d.*, k.place, dense_rank() over (order by d.kind, d.routing_key,
            case when v_fair then d.group_key end, case when v_fair then k.place % 8 end) as class
        from unnest(slots, xids, ids) with ordinality as k (slot, xid, id, place)
        cross join lateral (
            select i.* from queue_internal.delivery as i
            where i.slot = k.slot and i.lane = park.lane and i.xid = k.xid and i.id = k.id
        ) as d
    ),
    target as materialized (
        select c.class, queue_internal.due_lane(c.queue, c.priority, c.kind, c.routing_key,
            case when v_fair then c.group_key end, true) as lane
        from (
            select distinct on (s.class) s.class, s.queue, s.priority, s.kind, s.routing_key, s.group_key
            from source as s
            order by s.class
            offset 0
        ) as c
    )
    insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, replay_of, priority,
        attempt, lost, max_attempts, revision, queue, kind, unique_key, group_key, routing_key, headers, payload)
    select v_slot, s.target, nextval('queue_internal.job_id'), s.job_id, s.due_at, s.enqueued_at, s.replay_of,
        s.priority, s.attempt, s.lost, s.max_attempts, s.revision, s.queue, s.kind,
        s.unique_key, s.group_key, s.routing_key, (s.body).headers, (s.body).payload
    from (
        select o.*, t.lane as target, case when o.slot <> v_slot then queue_internal.body(o.job_id) end as body
        from source as o
        join target as t on t.class = o.class
        order by o.place
        offset 0
    ) as s;
    perform queue_internal.wake(v_first.queue, v_first.priority);
end
$$;

create or replace function queue_internal.sort_out(
    keys queue_internal.row_keys,
    cursor_row queue_internal.claim,
    own_xid xid8,
    kinds text[]
)
returns queue_internal.row_keys
language plpgsql volatile
as $$
-- The rows that are taken; parks and drops the others, all of a kind at once: they may be a thousand.
declare
    v_void bigint[];
    v_taken queue_internal.row_keys;
    v_parked queue_internal.row_keys;
    v_fate record;
begin
    for v_fate in select f.place, f.fate, f.void from queue_internal.fates(keys, cursor_row, own_xid, kinds) as f loop
        if v_fate.void then
            v_void := v_void || keys.ids[v_fate.place];
        end if;
        if v_fate.fate = 'taken' then
            v_taken.slots := v_taken.slots || keys.slots[v_fate.place];
            v_taken.xids := v_taken.xids || keys.xids[v_fate.place];
            v_taken.ids := v_taken.ids || keys.ids[v_fate.place];
            v_taken.job_ids := v_taken.job_ids || keys.job_ids[v_fate.place];
            v_taken.attempts := v_taken.attempts || keys.attempts[v_fate.place];
        elsif v_fate.fate = 'parked' then
            v_parked.slots := v_parked.slots || keys.slots[v_fate.place];
            v_parked.xids := v_parked.xids || keys.xids[v_fate.place];
            v_parked.ids := v_parked.ids || keys.ids[v_fate.place];
        end if;
    end loop;
    if v_void is not null then
        delete from queue_internal.void as v where v.lane = cursor_row.lane and v.id = any (v_void);
    end if;
    if v_parked.ids is not null then
        perform queue_internal.park(cursor_row.lane, v_parked.slots, v_parked.xids, v_parked.ids);
    end if;
    v_taken.keyed := keys.keyed;
    return v_taken;
end
$$;

create or replace function queue_internal.first_keys(keys queue_internal.row_keys, count int)
returns queue_internal.row_keys
language plpgsql immutable
as $$
begin
    keys.slots := keys.slots[:count];
    keys.xids := keys.xids[:count];
    keys.ids := keys.ids[:count];
    keys.job_ids := keys.job_ids[:count];
    keys.attempts := keys.attempts[:count];
    keys.kinds := keys.kinds[:count];
    return keys;
end
$$;

create or replace function queue_internal.before_bound(
    keys queue_internal.row_keys,
    bound_at timestamptz,
    bound_id bigint,
    dense_id bigint
)
returns int
language plpgsql immutable
as $$
-- How many rows come before the first that another lane's head comes before. Ids below dense_id always do: rows that
-- close are in one batch anyway.
begin
    return (
        select coalesce(min(k.place) - 1, cardinality(keys.ids))
        from unnest(keys.ready_at, keys.ids) with ordinality as k (ready_at, id, place)
        where k.id >= dense_id and (k.ready_at, k.id) >= (bound_at, bound_id));
end
$$;

create or replace function queue_internal.new_token(slot int)
returns bigint
language sql volatile
as $$
    -- Random low bits: a token that a crash with synchronous_commit = off made forgotten is not given out again. The
    -- lowest two are read by slot_of().
    select (nextval('queue_internal.token') << 16) + ((random() * 16383)::int << 2) + slot
$$;

create or replace function queue_internal.file_claim(
    cursor_row queue_internal.claim,
    keys queue_internal.row_keys,
    request queue_internal.claim_request
)
returns bigint
language plpgsql volatile
as $$
-- Writes the lane's next claim row over the given rows, has its lease looked at when it ends, returns its token.
-- Without rows the cursor moves on all the same.
declare
    v_slot smallint;
    v_token bigint;
begin
    if keys.ids is null then
        perform queue_internal.move_cursor(cursor_row);
        return null;
    end if;
    select r.slot into v_slot from queue_internal.rotation as r where r.singleton;
    v_token := queue_internal.new_token(v_slot);
    insert into queue_internal.claim (slot, home, lane, number, token, worker, claimed_at, leased_until, ids,
        job_ids, attempts, keyed, before, upto, before_xids, before_ids,
        last_xid, last_id, exhausted, next_at, next_id, own_xids, own_ids, gate, receipts)
    values (v_slot, v_slot, cursor_row.lane, cursor_row.number + 1, v_token, request.worker,
        coalesce(request.at, queue.now()),
        request.lease_end, keys.ids, nullif(keys.job_ids, keys.ids),
        case when 1 <> any (keys.attempts) then keys.attempts end, keys.keyed, cursor_row.before, cursor_row.upto,
        cursor_row.before_xids, cursor_row.before_ids,
        cursor_row.last_xid, cursor_row.last_id, cursor_row.exhausted, cursor_row.next_at, cursor_row.next_id,
        cursor_row.own_xids, cursor_row.own_ids, request.gate, request.receipts)
    on conflict do nothing;
    if not found then
        perform queue_internal.refuse_cursor();
    end if;
    insert into queue_internal.delivery (slot, lane, id, lease_token, due_at, queue)
    values (v_slot, coalesce(request.leases, queue_internal.ensure_lane('leases', request.queue)),
        nextval('queue_internal.job_id'), v_token, request.lease_end, request.queue);
    return v_token;
end
$$;
