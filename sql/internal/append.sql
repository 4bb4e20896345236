create or replace function queue_internal.redeliver(
    source queue_internal.delivery,
    attempt int,
    lost int,
    ready_at timestamptz
)
returns void
language plpgsql volatile
as $$
-- Appends another delivery of a job: at once when ready_at is null or past, else into the queue's waiting lane.
-- The body comes along when the source stands in an older slot, so that a row without a body always finds one
-- in its own slot.
declare
    v_slot smallint;
    v_lane bigint;
    v_due boolean := ready_at > queue.now();
    v_body record;
begin
    select r.slot into v_slot from queue_internal.rotation as r where r.singleton;
    if source.slot <> v_slot then
        select b.payload, b.headers into v_body from queue_internal.body(source.job_id) as b;
    else
        select null::jsonb as payload, null::jsonb as headers into v_body;
    end if;
    if v_due then
        v_lane := queue_internal.ensure_lane('waiting', source.queue);
    else
        v_lane := queue_internal.due_lane(source.queue, source.priority, source.kind, source.routing_key,
            source.group_key);
    end if;
    insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, replay_of, priority, attempt,
        lost, max_attempts, revision, queue, kind, unique_key, group_key, routing_key, headers, payload)
    values (v_slot, v_lane, nextval('queue_internal.job_id'), source.job_id, redeliver.ready_at, source.enqueued_at,
        source.replay_of, source.priority, redeliver.attempt, redeliver.lost, source.max_attempts, source.revision,
        source.queue, source.kind, source.unique_key, source.group_key, source.routing_key, v_body.headers,
        v_body.payload);
    if not coalesce(v_due, false) then
        perform queue_internal.wake(source.queue, source.priority);
    end if;
end
$$;

create or replace function queue_internal.body(job_id bigint)
returns queue_internal.delivery
language plpgsql stable
as $$
-- The newest row of a job that carries payload and headers. A row of an older revision may be appended after one of a
-- newer: it is not the newest.
declare
    v_row queue_internal.delivery;
begin
    select d.* into v_row
    from queue_internal.delivery as d
    where d.job_id = body.job_id and d.payload is not null
    order by d.revision desc nulls last, d.id desc, d.slot desc
    limit 1;
    return v_row;
end
$$;

create or replace function queue_internal.latest(job_id bigint)
returns queue_internal.delivery
language plpgsql stable
as $$
-- The newest delivery of a job: where it stands now.
declare
    v_row queue_internal.delivery;
begin
    select d.* into v_row
    from queue_internal.delivery as d
    where d.job_id = latest.job_id and d.lease_token is null
    order by d.revision desc nulls last, d.id desc, d.slot desc
    limit 1;
    return v_row;
end
$$;
