create or replace function queue_internal.fate(
    source queue_internal.delivery,
    cursor_row queue_internal.claim,
    own_xid xid8,
    kinds text[]
)
returns text
language plpgsql volatile
as $$
-- What a claim does with a row: taken; parked for workers that know its kind; dropped, because it is void or was
-- handed out before its transaction committed, by that transaction.
declare
    v_place int := array_position(cursor_row.before_xids, source.xid);
begin
    if own_xid is null and v_place is not null and source.id <= cursor_row.before_ids[v_place] then
        return 'dropped';
    end if;
    delete from queue_internal.void as v where v.lane = source.lane and v.id = source.id;
    if found then
        return 'dropped';
    end if;
    return case when source.kind <> all (kinds) then 'parked' else 'taken' end;
end
$$;

create or replace function queue_internal.park(source queue_internal.delivery)
returns void
language plpgsql volatile
as $$
-- Moves a row on to the lane of its kind, where workers that know it find it; its rank stays.
declare
    v_slot smallint;
    v_body queue_internal.delivery;
begin
    select r.slot into v_slot from queue_internal.rotation as r where r.singleton;
    if source.payload is null and source.slot <> v_slot then
        v_body := queue_internal.body(source.job_id);
    elsif source.slot <> v_slot then
        v_body := source;
    end if;
    insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, replay_of, priority,
        attempt, lost, max_attempts, queue, kind, unique_key, group_key, headers, payload)
    values (v_slot, queue_internal.ensure_lane('parked', source.queue, source.priority, 0, source.kind),
        nextval('queue_internal.job_id'), source.job_id, source.due_at, source.enqueued_at, source.replay_of,
        source.priority, source.attempt, source.lost, source.max_attempts, source.queue, source.kind,
        source.unique_key, source.group_key, v_body.headers, v_body.payload);
end
$$;

create or replace function queue_internal.cut_at(
    rows queue_internal.delivery[],
    bound_at timestamptz,
    bound_id bigint,
    dense_id bigint
)
returns int
language plpgsql immutable
as $$
-- The place of the first row that another lane's head comes before; null for none.
begin
    return (
        select min(r.place)
        from unnest(rows) with ordinality as r (xid, id, lane, job_id, lease_token, due_at, enqueued_at, replay_of,
            slot, priority, attempt, lost, max_attempts, queue, kind, unique_key, group_key, headers, payload, place)
        where r.id >= dense_id and (coalesce(r.due_at, r.enqueued_at), r.id) >= (bound_at, bound_id));
end
$$;

create or replace function queue_internal.all_of(rows queue_internal.delivery[], kinds text[])
returns boolean
language plpgsql immutable
as $$
-- Whether all rows are of the given kinds; null stands for any kind.
begin
    return kinds is null or (select bool_and(r.kind = any (kinds)) from unnest(rows) as r);
end
$$;

create or replace function queue_internal.take_window(
    cursor_row queue_internal.claim,
    queue text,
    worker text,
    max_jobs int,
    lease_end timestamptz,
    kinds text[],
    bound_at timestamptz,
    bound_id bigint,
    dense_id bigint,
    own_xid xid8
)
returns setof queue.claimed_job
language plpgsql volatile
as $$
-- Hands out the next rows of a locked lane and writes the claim that says so, which is the lane's new cursor.
-- Rows at and after another lane's older head (bound_at, bound_id) stay, unless their ids come before dense_id.
-- The plain case, where every row is taken, reads the rows once and never looks at them one by one.
declare
    v_rows queue_internal.delivery[];
    v_last queue_internal.delivery;
    v_cut int;
    v_place int := array_position(cursor_row.own_xids, own_xid);
begin
    v_rows := queue_internal.window_rows(cursor_row, own_xid, max_jobs);
    if v_rows is null then
        return;
    end if;
    if own_xid is null then
        cursor_row.exhausted := cardinality(v_rows) < max_jobs;
    end if;
    v_last := v_rows[cardinality(v_rows)];
    if bound_at is not null and v_last.id >= dense_id then
        v_cut := queue_internal.cut_at(v_rows, bound_at, bound_id, dense_id);
        if v_cut = 1 then
            return;
        elsif v_cut > 1 then
            v_rows := v_rows[:v_cut - 1];
            v_last := v_rows[v_cut - 1];
            cursor_row.exhausted := cursor_row.exhausted and own_xid is not null;
        end if;
    end if;
    if own_xid is null then
        cursor_row.last_xid := v_last.xid;
        cursor_row.last_id := v_last.id;
    elsif v_place is null then
        cursor_row.own_xids := cursor_row.own_xids || own_xid;
        cursor_row.own_ids := cursor_row.own_ids || v_last.id;
    else
        cursor_row.own_ids[v_place] := v_last.id;
    end if;
    if not queue_internal.all_of(v_rows, kinds) or cursor_row.before_xids is not null
        or exists (select from queue_internal.void as v where v.lane = cursor_row.lane)
    then
        v_rows := queue_internal.sort_out(v_rows, cursor_row, own_xid, kinds);
    end if;
    return query select * from queue_internal.file_claim(cursor_row, v_rows, queue, worker, lease_end);
end
$$;

create or replace function queue_internal.sort_out(
    rows queue_internal.delivery[],
    cursor_row queue_internal.claim,
    own_xid xid8,
    kinds text[]
)
returns queue_internal.delivery[]
language plpgsql volatile
as $$
-- The rows that are taken; parks and drops the others.
declare
    v_row queue_internal.delivery;
    v_fate text;
    v_taken queue_internal.delivery[] := '{}';
begin
    foreach v_row in array rows loop
        v_fate := queue_internal.fate(v_row, cursor_row, own_xid, kinds);
        if v_fate = 'taken' then
            v_taken := v_taken || v_row;
        elsif v_fate = 'parked' then
            perform queue_internal.park(v_row);
        end if;
    end loop;
    return v_taken;
end
$$;

create or replace function queue_internal.file_claim(
    cursor_row queue_internal.claim,
    rows queue_internal.delivery[],
    queue text,
    worker text,
    lease_end timestamptz
)
returns setof queue.claimed_job
language plpgsql volatile
as $$
-- Writes the lane's next claim row over the given rows, has its lease looked at when it ends, and returns the jobs.
declare
    v_slot smallint;
    v_token bigint := 0;
    v_sum record;
begin
    select r.slot into v_slot from queue_internal.rotation as r where r.singleton;
    if cardinality(rows) > 0 then
        -- Random low bits: a token that a crash with synchronous_commit = off made forgotten is not given out again.
        v_token := (nextval('queue_internal.token') << 10) + (random() * 1023)::int;
    end if;
    select array_agg(r.id) as ids, array_agg(r.job_id) as job_ids, array_agg(r.attempt) as attempts,
        bool_or(r.attempt <> 1) as again, bool_or(r.unique_key is not null) as keyed
    into v_sum
    from unnest(rows) as r;
    insert into queue_internal.claim (slot, home, lane, number, token, worker, claimed_at, leased_until, ids,
        job_ids, attempts, keyed, before, upto, before_xids, before_ids,
        last_xid, last_id, exhausted, own_xids, own_ids)
    values (v_slot, v_slot, cursor_row.lane, cursor_row.number + 1, v_token, worker, clock_timestamp(),
        case when v_token <> 0 then lease_end end, v_sum.ids, nullif(v_sum.job_ids, v_sum.ids),
        case when v_sum.again then v_sum.attempts end, coalesce(v_sum.keyed, false), cursor_row.before, cursor_row.upto,
        cursor_row.before_xids, cursor_row.before_ids, cursor_row.last_xid, cursor_row.last_id, cursor_row.exhausted,
        cursor_row.own_xids, cursor_row.own_ids);
    if v_token = 0 then
        return;
    end if;
    perform queue_internal.file_lease(queue, v_token, null, lease_end);
    return query
    select r.job_id, v_token, r.attempt::int, r.max_attempts::int, r.kind,
        case when r.payload is null then (queue_internal.body(r.job_id)).payload else r.payload end,
        case when r.payload is null then (queue_internal.body(r.job_id)).headers else r.headers end,
        r.priority::int, r.group_key, r.enqueued_at, lease_end
    from unnest(rows) as r;
end
$$;

create or replace function queue_internal.take_lane(
    lane bigint,
    queue text,
    worker text,
    max_jobs int,
    lease_end timestamptz,
    kinds text[],
    bound_at timestamptz,
    bound_id bigint,
    dense_id bigint
)
returns setof queue.claimed_job
language plpgsql volatile
as $$
-- Hands out up to max_jobs jobs of a lane whose lock the caller holds: what is left of the current window, then what
-- was committed since, then what this very transaction enqueued. A window is left only when it is known to be
-- empty: leaving it earlier would lose its rows. The rounds bound how many rows of other kinds one call may park.
declare
    v_cursor queue_internal.claim := queue_internal.open_lane(lane);
    v_written queue_internal.claim;
    v_own xid8 := pg_current_xact_id_if_assigned();
    v_fresh boolean := false;
    v_left int := max_jobs;
    v_got int;
begin
    for v_round in 1 .. 20 loop
        if v_cursor.exhausted then
            exit when v_fresh;
            v_cursor := queue_internal.next_window(v_cursor);
            v_fresh := true;
        end if;
        return query select * from queue_internal.take_window(v_cursor, queue, worker, v_left, lease_end, kinds,
            bound_at, bound_id, dense_id, null);
        get diagnostics v_got = row_count;
        v_left := v_left - v_got;
        if v_left = 0 then
            return;
        end if;
        v_written := queue_internal.open_lane(lane);
        if v_written.number > v_cursor.number then
            v_cursor := v_written;
        elsif bound_at is not null and queue_internal.window_rows(v_cursor, null, 1) is not null then
            return;
        else
            v_cursor.exhausted := true;
        end if;
    end loop;
    if v_own is not null and v_cursor.exhausted then
        return query select * from queue_internal.take_window(v_cursor, queue, worker, v_left, lease_end, kinds,
            bound_at, bound_id, dense_id, v_own);
    end if;
end
$$;
