-- What keeps the queues going while nobody claims.

create or replace function queue_internal.note_maintained()
returns void
language plpgsql volatile
as $$
-- Notes every ten seconds that maintain() runs. In a transaction with an old snapshot another may have done so since.
begin
    update queue_internal.upkeep as u set maintained_at = queue.now()
    where u.singleton and u.maintained_at > queue.now() - interval '10 seconds' is not true
        and pg_try_advisory_xact_lock(queue_internal.lane_id('maintained', '', 0, 0, null));
exception
    when serialization_failure then
        null;
end
$$;

create or replace function queue_internal.keep_up()
returns jsonb
language plpgsql volatile
as $$
-- All of maintain(), in the order that the parts need.
declare
    v_lane record;
    v_promoted int := 0;
    v_fired int;
    v_rotation text;
    v_done jsonb := jsonb '{}';
begin
    if queue_internal.is_foreign() then
        v_done := jsonb_build_object('rebased', queue_internal.rebase());
    end if;
    for v_lane in
        select distinct l.lane, l.queue from queue_internal.lane as l where l.purpose in ('waiting', 'leases')
    loop
        v_promoted := v_promoted + queue_internal.promote(v_lane.lane, 1000, interval '0');
    end loop;
    perform queue_internal.rouse_lanes();  -- not in tidy(), which one call in a long transaction keeps all others from
    v_fired := queue_internal.fire_schedules(100);
    perform queue_internal.note_maintained();
    v_rotation := queue_internal.rotate(1000);
    return v_done || jsonb_build_object('promoted', v_promoted, 'fired', v_fired, 'rotation', v_rotation)
        || queue_internal.tidy_up(v_rotation not in ('busy', 'fresh') and queue_internal.holds_slots());
end
$$;
