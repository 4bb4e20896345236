create or replace function queue_internal.take_gated_lane(
    taken queue_internal.taken,
    lane bigint,
    request queue_internal.claim_request
)
returns queue_internal.taken
language plpgsql volatile
as $$
-- As take_lane, for a gated queue. Reads more at a time as long as nothing fits: a full group may have filled the lane.
declare
    v_own xid8 := pg_current_xact_id_if_assigned();
    v_options queue_internal.queue := queue_internal.options(request.queue);
    v_cursor queue_internal.claim := queue_internal.open_lane(lane);
    v_rows queue_internal.delivery[];
    v_step record;
    v_fresh boolean := false;
    v_most int := least(greatest(2 * request.max_jobs, 20), 1000);
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
        v_step := queue_internal.pass_gate(taken, v_cursor, v_rows, null, request, v_options);
        taken := v_step.taken;
        v_cursor := v_step.cursor_row;
        if cardinality(taken.ids) = request.max_jobs then
            return taken;
        end if;
        v_most := least(2 * v_most, 1000);
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
