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
-- Claims the given rows, which the cursor has moved over, but for those that are void, of another kind, or of a job
-- that an enqueue with its unique key has changed or is changing.
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
        taken.ends := taken.ends || cardinality(taken.ids);
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
-- Hands out what this very transaction enqueued, which no snapshot shows: the cursor remembers the transaction. Reads
-- more at a time as take_lane does.
declare
    v_place int := array_position(cursor_row.own_xids, own_xid);
    v_keys queue_internal.row_keys;
    v_left int := max_jobs;
    v_most int := max_jobs;
    v_count int;
begin
    loop
        v_keys := queue_internal.own_keys(cursor_row, own_xid, v_most);
        exit when v_keys.ids is null;
        v_count := queue_internal.reach(v_keys, cursor_row, request.kinds, v_left);
        if v_place is null then
            cursor_row.own_xids := cursor_row.own_xids || own_xid;
            cursor_row.own_ids := cursor_row.own_ids || v_keys.ids[v_count];
            v_place := cardinality(cursor_row.own_xids);
        else
            cursor_row.own_ids[v_place] := v_keys.ids[v_count];
        end if;
        cursor_row.next_id := null;
        v_keys := queue_internal.first_keys(v_keys, v_count);
        taken := queue_internal.hand_out(taken, cursor_row, v_keys, own_xid, request);
        cursor_row.number := cursor_row.number + 1;
        v_left := request.max_jobs - coalesce(cardinality(taken.ids), 0);
        taken.passed := coalesce(taken.passed, 0) + v_count;
        exit when v_left = 0 or taken.passed >= 4000;
        v_most := greatest(v_left, 20, least(2 * v_most, 1000));
    end loop;
    return taken;
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
-- (bound_at, bound_id) stay, unless their ids come before dense_id. A round that came up short passed rows which are
-- canceled or of other kinds: the next one reads more, until all the lanes of a claim have passed some thousands.
declare
    v_own xid8 := pg_current_xact_id_if_assigned();
    v_cursor queue_internal.claim := queue_internal.open_lane(lane);
    v_keys queue_internal.row_keys;
    v_left int := request.max_jobs - coalesce(cardinality(taken.ids), 0);
    v_most int := v_left + 1;
    v_fresh boolean := false;
    v_count int;
begin
    loop
        if v_cursor.exhausted then
            exit when v_fresh;
            v_cursor := queue_internal.next_window(v_cursor);
            v_fresh := true;
        end if;
        v_keys := null;
        if queue_internal.has_late(v_cursor) then
            v_keys := queue_internal.late_keys(v_cursor, v_most);
            taken.scattered := taken.scattered or v_keys.ids is not null;
        end if;
        if v_keys.ids is null then
            v_keys := queue_internal.range_keys(v_cursor, v_most);
            v_cursor.exhausted := coalesce(cardinality(v_keys.ids), 0) < v_most;
            continue when v_keys.ids is null;
        end if;
        v_count := case when v_most > v_left + 1 then queue_internal.reach(v_keys, v_cursor, request.kinds, v_left)
            else least(cardinality(v_keys.ids), v_left) end;
        if bound_at is not null and v_keys.ids[v_count] >= dense_id then
            v_count := least(v_count, queue_internal.before_bound(v_keys, bound_at, bound_id, dense_id));
            if v_count = 0 then
                taken.bounded := true;
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
        taken.passed := coalesce(taken.passed, 0) + v_count;
        exit when taken.passed >= 4000;
        v_most := greatest(v_left + 1, 20, least(2 * v_most, 1000));
    end loop;
    if v_own is not null and v_cursor.exhausted then
        taken.scattered := true;
        taken := queue_internal.take_own(taken, v_cursor, v_own, v_left, request);
    end if;
    return taken;
end
$$;
