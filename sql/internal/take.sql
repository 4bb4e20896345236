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

create or replace function queue_internal.park(lane bigint, xid xid8, id bigint)
returns void
language plpgsql volatile
as $$
-- Moves a row on to the lane of its kind, where workers that know it find it; its rank stays.
declare
    v_slot smallint;
    v_row queue_internal.delivery;
    v_body queue_internal.delivery;
begin
    select r.slot into v_slot from queue_internal.rotation as r where r.singleton;
    select d.* into v_row
    from queue_internal.delivery as d
    where d.lane = park.lane and d.xid = park.xid and d.id = park.id;
    if v_row.slot <> v_slot then
        v_body := queue_internal.body(v_row.job_id);
    end if;
    insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, replay_of, priority,
        attempt, lost, max_attempts, revision, queue, kind, unique_key, group_key, routing_key, headers, payload)
    values (v_slot, queue_internal.due_lane(v_row.queue, v_row.priority, v_row.kind, v_row.routing_key, v_row.group_key, true),
        nextval('queue_internal.job_id'), v_row.job_id, v_row.due_at, v_row.enqueued_at, v_row.replay_of,
        v_row.priority, v_row.attempt, v_row.lost, v_row.max_attempts, v_row.revision, v_row.queue, v_row.kind,
        v_row.unique_key, v_row.group_key, v_row.routing_key, v_body.headers, v_body.payload);
    perform queue_internal.wake(v_row.queue, v_row.priority);
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
-- The rows that are taken; parks and drops the others.
declare
    v_fate text;
    v_taken queue_internal.row_keys;
begin
    for i in 1 .. cardinality(keys.ids) loop
        v_fate := queue_internal.fate(cursor_row, keys.xids[i], keys.ids[i], keys.kinds[i], own_xid, kinds);
        if v_fate = 'taken' then
            v_taken.slots := v_taken.slots || keys.slots[i];
            v_taken.xids := v_taken.xids || keys.xids[i];
            v_taken.ids := v_taken.ids || keys.ids[i];
            v_taken.job_ids := v_taken.job_ids || keys.job_ids[i];
            v_taken.attempts := v_taken.attempts || keys.attempts[i];
        elsif v_fate = 'parked' then
            perform queue_internal.park(cursor_row.lane, keys.xids[i], keys.ids[i]);
        end if;
    end loop;
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
    -- Random low bits: a token that a crash with synchronous_commit = off made forgotten is not given out again.
    v_token := (nextval('queue_internal.token') << 10) + (random() * 1023)::int;
    insert into queue_internal.claim (slot, home, lane, number, token, worker, claimed_at, leased_until, ids,
        job_ids, attempts, keyed, before, upto, before_xids, before_ids,
        last_xid, last_id, exhausted, next_at, next_id, own_xids, own_ids, gate, receipts)
    values (v_slot, v_slot, cursor_row.lane, cursor_row.number + 1, v_token, request.worker,
        coalesce(request.at, clock_timestamp()),
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
    values (v_slot, request.leases, nextval('queue_internal.job_id'), v_token, request.lease_end, request.queue);
    return v_token;
end
$$;
