-- Emptying a slot: what limits hold back, and notes of settlements, move on.

create or replace function queue_internal.carry_throttled(source queue_internal.throttled, lane bigint)
returns void
language plpgsql volatile
as $$
-- Files a throttled delivery anew, with its body, in the slot being filled: in a lane that no cursor passes.
declare
    v_slot smallint := (select r.slot from queue_internal.rotation as r where r.singleton);
    v_id bigint := nextval('queue_internal.job_id');
    v_row queue_internal.delivery := queue_internal.latest(source.job_id);
    v_body queue_internal.delivery := queue_internal.body(source.job_id);
begin
    insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, replay_of, priority, attempt, lost,
        max_attempts, revision, queue, kind, unique_key, group_key, routing_key, headers, payload)
    values (v_slot, carry_throttled.lane, v_id, v_row.job_id, v_row.due_at, v_row.enqueued_at, v_row.replay_of,
        v_row.priority, v_row.attempt, v_row.lost, v_row.max_attempts, v_row.revision, v_row.queue, v_row.kind,
        v_row.unique_key, v_row.group_key, v_row.routing_key, v_body.headers, v_body.payload);
    update queue_internal.throttled as b set slot = v_slot, id = v_id where b.id = source.id;
end
$$;

create or replace function queue_internal.carry_gate(queue text, lane bigint, purpose text, slot int, max_rows int)
returns int
language plpgsql volatile
as $$
-- Moves what a limit holds back out of a slot, and reads the notes of settles that stand in it.
declare
    v_options queue_internal.queue;
    v_throttled queue_internal.throttled;
    v_moved int := 0;
    v_ended int;
    v_now timestamptz := queue.now();
begin
    if purpose = 'freed' and not queue_internal.unconsumed_in(lane, slot)
        or purpose = 'throttled' and not exists (
            select from queue_internal.throttled as b where b.slot = carry_gate.slot and b.queue = carry_gate.queue)
    then
        return 0;
    end if;
    if not pg_try_advisory_xact_lock(queue_internal.gate_lock(queue)) then
        return 1;
    end if;
    if purpose = 'freed' then
        v_options := queue_internal.options(queue);
        v_options.name := queue;
        v_ended := queue_internal.settle_up(queue, v_options, v_now);
        perform queue_internal.change_gate(queue_internal.gate_of(queue, ''), v_options, v_now, 0, -v_ended, 0);
        return 1;
    end if;
    for v_throttled in
        select b.* from queue_internal.throttled as b
        where b.slot = carry_gate.slot and b.queue = carry_gate.queue
        limit max_rows
    loop
        perform queue_internal.carry_throttled(v_throttled, lane);
        v_moved := v_moved + 1;
    end loop;
    return v_moved;
end
$$;
