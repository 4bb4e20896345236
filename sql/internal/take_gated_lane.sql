create or replace function queue_internal.pass_closed(
    inout cursor_row queue_internal.claim,
    request queue_internal.claim_request,
    options queue_internal.queue,
    max_rows int,
    out passed int
)
language plpgsql volatile
as $$
-- Moves the cursor over the lane's next rows as long as they are of groups that have jobs set aside already, and sets
-- them aside, too, in one statement: none of them could be taken, whatever room there is. Stops at a row that pass_gate
-- has to look at: of another group, void, with a unique key, to be parked, or come for the key it has kept.
declare
    v_group record;
begin
    passed := 0;
    if cursor_row.before_xids is not null or queue_internal.has_late(cursor_row) then
        return;
    end if;
    for v_group in
        with next as materialized (
            select row_number() over (order by w.xid, w.id) as place, w.xid, w.id, w.job_id, w.slot, w.priority, w.attempt,
                w.kind, w.group_key, w.routing_key, w.unique_key is null and (
                    options.ordered or request.kinds is null or w.kind = any (request.kinds)) as plain
            from queue_internal.range_rows(cursor_row.lane, cursor_row.before, cursor_row.upto, cursor_row.last_xid,
                cursor_row.last_id, max_rows) as w
        ),
        closed as materialized (
            select k.group_key
            from (select distinct n.group_key from next as n where n.group_key is not null offset 0) as k
            where (queue_internal.gate_of(options.name, k.group_key)).throttled > 0
        ),
        keeps as materialized (
            select h.job_id
            from closed as c
            join queue_internal.held as h on h.queue = options.name and h.group_key = c.group_key and h.token = 0
            where options.ordered
        ),
        ahead as materialized (
            select n.*
            from next as n
            where n.place < coalesce((
                select min(s.place)
                from next as s
                where s.plain is not true or s.group_key in (select c.group_key from closed as c) is not true
                    or s.job_id in (select k.job_id from keeps as k)
                    or s.id in (select v.id from queue_internal.void as v where v.lane = cursor_row.lane)), max_rows + 1)
        ),
        entered as (
            insert into queue_internal.throttled (queue, group_key, rank, job_id, id, slot, kind, attempt, keyed, routing_key)
            select options.name, n.group_key, case when options.ordered then 0 else -n.priority end, n.job_id, n.id, n.slot,
                n.kind, n.attempt, false, n.routing_key
            from ahead as n
            on conflict on constraint throttled_pkey do update set id = excluded.id, slot = excluded.slot,
                kind = excluded.kind, attempt = excluded.attempt
        ),
        last as materialized (
            select n.xid, n.id from ahead as n order by n.place desc limit 1
        )
        select n.group_key, count(*) as jobs, (select l.xid from last as l) as xid, (select l.id from last as l) as id
        from ahead as n
        group by n.group_key
    loop
        perform queue_internal.change_gate(queue_internal.gate_of(options.name, v_group.group_key), options, request.at, 0, 0,
            v_group.jobs);
        passed := passed + v_group.jobs;
        cursor_row.last_xid := v_group.xid;
        cursor_row.last_id := v_group.id;
    end loop;
    if passed > 0 then
        cursor_row.next_id := null;
        perform queue_internal.move_cursor(cursor_row);
        cursor_row.number := cursor_row.number + 1;
    end if;
end
$$;

create or replace function queue_internal.take_gated_lane(
    taken queue_internal.taken,
    lane bigint,
    request queue_internal.claim_request
)
returns queue_internal.taken
language plpgsql volatile
as $$
-- As take_lane, for a gated queue. Reads more at a time as long as nothing fits: a full group may have filled the lane.
-- What it goes over then in large steps is bounded: claims of the queue wait for it.
declare
    v_own xid8 := pg_current_xact_id_if_assigned();
    v_options queue_internal.queue := queue_internal.options(request.queue);
    v_cursor queue_internal.claim := queue_internal.open_lane(lane);
    v_rows queue_internal.delivery[];
    v_step record;
    v_fresh boolean := false;
    v_most int := least(greatest(2 * request.max_jobs, 20), 1000);
    v_had int;
    v_throttled int;
    v_ahead int := 500;
    v_budget int := 50000;
begin
    for v_round in 1 .. 20 loop
        if v_cursor.exhausted then
            exit when v_fresh;
            v_cursor := queue_internal.next_window(v_cursor);
            v_fresh := true;
        end if;
        v_rows := queue_internal.window_rows(v_cursor, null, v_most);
        v_cursor.exhausted := coalesce(cardinality(v_rows), 0) < v_most;
        continue when v_rows is null;
        v_had := coalesce(cardinality(taken.ids), 0);
        v_throttled := coalesce(taken.throttled, 0);
        v_step := queue_internal.pass_gate(taken, v_cursor, v_rows, null, request, v_options);
        taken := v_step.taken;
        v_cursor := v_step.cursor_row;
        if cardinality(taken.ids) = request.max_jobs then
            return taken;
        end if;
        v_most := least(2 * v_most, 1000);
        if request.fair and taken.throttled > v_throttled and exists (
            select from queue_internal.lane as l
            where l.queue = request.queue and l.lane = take_gated_lane.lane and l.group_key is not null)
        then
            return taken;  -- all that it holds is of the group that is full
        end if;
        continue when v_had < coalesce(cardinality(taken.ids), 0) or not queue_internal.limits_groups(v_options);
        while not v_cursor.exhausted and v_budget > 0 loop
            v_step := queue_internal.pass_closed(v_cursor, request, v_options, v_ahead);
            v_cursor := v_step.cursor_row;
            taken.throttled := coalesce(taken.throttled, 0) + v_step.passed;
            v_budget := v_budget - v_step.passed;
            exit when v_step.passed < v_ahead;
            v_ahead := least(4 * v_ahead, 10000);
        end loop;
        exit when v_budget <= 0;
    end loop;
    if v_own is not null and v_cursor.exhausted then
        v_rows := queue_internal.window_rows(v_cursor, v_own, 1000);
        if v_rows is not null then
            taken := (queue_internal.pass_gate(taken, v_cursor, v_rows, v_own, request, v_options)).taken;
        end if;
    end if;
    return taken;
end
$$;
