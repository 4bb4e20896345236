create or replace function queue_internal.hand_out(
    taken queue_internal.taken,
    cursor_row queue_internal.claim,
    keys queue_internal.row_keys,
    own_xid xid8,
    request queue_internal.claim_request
)
returns queue_internal.taken
language plpgsql volatile
as $$
-- Claims the given rows, which the cursor has moved over, but for those that are void, of another kind, or of a job that
-- an enqueue with its unique key has changed or is changing.
declare
    v_token bigint;
begin
    if cursor_row.before_xids is not null or keys.kinds <@ request.kinds is false
        or exists (select from queue_internal.void as v where v.lane = cursor_row.lane limit 1)
    then
        keys := queue_internal.sort_out(keys, cursor_row, own_xid, request.kinds);
    end if;
    if keys.keyed then
        keys := queue_internal.hold_keys(cursor_row.lane, keys);
    end if;
    v_token := queue_internal.file_claim(cursor_row, keys, request);
    if v_token is not null then
        taken.lanes := taken.lanes || array_fill(cursor_row.lane, array[cardinality(keys.ids)]);
        taken.tokens := taken.tokens || array_fill(v_token, array[cardinality(keys.ids)]);
        taken.slots := taken.slots || keys.slots;
        taken.xids := taken.xids || keys.xids;
        taken.ids := taken.ids || keys.ids;
    end if;
    return taken;
end
$$;

create or replace function queue_internal.take_own(
    taken queue_internal.taken,
    cursor_row queue_internal.claim,
    own_xid xid8,
    max_jobs int,
    request queue_internal.claim_request
)
returns queue_internal.taken
language plpgsql volatile
as $$
-- Hands out what this very transaction enqueued, which no snapshot shows: the cursor remembers the transaction.
declare
    v_place int := array_position(cursor_row.own_xids, own_xid);
    v_keys queue_internal.row_keys := queue_internal.own_keys(cursor_row, own_xid, max_jobs);
    v_last bigint := v_keys.ids[cardinality(v_keys.ids)];
begin
    if v_last is null then
        return taken;
    end if;
    if v_place is null then
        cursor_row.own_xids := cursor_row.own_xids || own_xid;
        cursor_row.own_ids := cursor_row.own_ids || v_last;
    else
        cursor_row.own_ids[v_place] := v_last;
    end if;
    cursor_row.next_id := null;
    return queue_internal.hand_out(taken, cursor_row, v_keys, own_xid, request);
end
$$;

create or replace function queue_internal.take_lane(
    taken queue_internal.taken,
    lane bigint,
    request queue_internal.claim_request,
    bound_at timestamptz,
    bound_id bigint,
    dense_id bigint
)
returns queue_internal.taken
language plpgsql volatile
as $$
-- Hands out jobs of a lane whose lock the caller holds, until taken has all that were asked for: what is left of the
-- current window, then what was committed since, then what this very transaction enqueued. A window is left only when
-- it is known to be empty: leaving it earlier would lose its rows. Rows at and after another lane's older head
-- (bound_at, bound_id) stay, unless their ids come before dense_id. The rounds bound how many rows of other kinds one
-- call may park.
declare
    v_own xid8 := pg_current_xact_id_if_assigned();
    v_cursor queue_internal.claim := queue_internal.open_lane(lane);
    v_keys queue_internal.row_keys;
    v_left int := request.max_jobs - coalesce(cardinality(taken.ids), 0);
    v_fresh boolean := false;
    v_count int;
begin
    for v_round in 1 .. 20 loop
        if v_cursor.exhausted then
            exit when v_fresh;
            v_cursor := queue_internal.next_window(v_cursor);
            v_fresh := true;
        end if;
        v_keys := null;
        if queue_internal.has_late(v_cursor) then
            v_keys := queue_internal.late_keys(v_cursor, v_left + 1);
        end if;
        if v_keys.ids is null then
            v_keys := queue_internal.range_keys(v_cursor, v_left + 1);
            v_cursor.exhausted := coalesce(cardinality(v_keys.ids), 0) <= v_left;
            continue when v_keys.ids is null;
        end if;
        v_count := least(cardinality(v_keys.ids), v_left);
        if bound_at is not null and v_keys.ids[v_count] >= dense_id then
            v_count := least(v_count, queue_internal.before_bound(v_keys, bound_at, bound_id, dense_id));
            if v_count = 0 then
                return taken;
            end if;
        end if;
        v_cursor.next_at := v_keys.ready_at[v_count + 1];
        v_cursor.next_id := v_keys.ids[v_count + 1];
        if v_cursor.next_id is not null then
            v_cursor.exhausted := false;
            v_keys := queue_internal.first_keys(v_keys, v_count);
        end if;
        v_cursor.last_xid := v_keys.xids[v_count];
        v_cursor.last_id := v_keys.ids[v_count];
        taken := queue_internal.hand_out(taken, v_cursor, v_keys, null, request);
        v_cursor.number := v_cursor.number + 1;
        v_left := request.max_jobs - coalesce(cardinality(taken.ids), 0);
        if v_left = 0 then
            return taken;
        end if;
    end loop;
    if v_own is not null and v_cursor.exhausted then
        taken := queue_internal.take_own(taken, v_cursor, v_own, v_left, request);
    end if;
    return taken;
end
$$;
