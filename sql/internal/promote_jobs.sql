create or replace function queue_internal.promote_jobs(jobs queue_internal.delivery[])
returns int
language plpgsql volatile
as $$
-- Makes due jobs of one waiting lane ready, in the order given: what redeliver does for one, in one statement for all.
-- Bodies come along from an older slot. Drops what is void or of an older revision. The caller holds the lane's lock.
-- Returns how many.
declare
    v_slot smallint;
    v_queue text := (jobs[1]).queue;
    v_options queue_internal.queue := queue_internal.options((jobs[1]).queue);
    v_fair boolean := v_options.fair;
    v_count int;
begin
    if jobs is null then
        return 0;
    end if;
    select r.slot into v_slot from queue_internal.rotation as r where r.singleton;
    with dropped as (
        delete from queue_internal.void as v
        using unnest(jobs) as j
        where v.lane = j.lane and v.id = j.id
        returning v.id
    ),
    again as materialized (
        select p.priority, p.kind, p.routing_key, p.group_key,
            case when p.group_key is null
                then array[queue_internal.due_lane(v_queue, p.priority, p.kind, p.routing_key, null)]
                else queue_internal.fair_lanes(v_options, v_queue, p.priority, p.group_key,
                    case when p.routing_key is null then 'ready' else 'parked' end, p.kind, p.routing_key) end as lanes
        from (
            select distinct j.priority, case when j.routing_key is not null then j.kind end as kind, j.routing_key,
                case when v_fair then j.group_key end as group_key
            from unnest(jobs) as j
        ) as p
    )
    insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, replay_of, priority, attempt,
        lost, max_attempts, revision, queue, kind, unique_key, group_key, routing_key, headers, payload)
    select v_slot, a.lanes[1 + j.ordinality % cardinality(a.lanes)], nextval('queue_internal.job_id'), j.job_id,
        j.due_at, j.enqueued_at, j.replay_of, j.priority, j.attempt, j.lost, j.max_attempts, j.revision,
        j.queue, j.kind, j.unique_key, j.group_key, j.routing_key, b.headers, b.payload
    from unnest(jobs) with ordinality as j
    join again as a on a.priority = j.priority and a.routing_key is not distinct from j.routing_key
        and (a.routing_key is null or a.kind = j.kind)
        and a.group_key is not distinct from case when v_fair then j.group_key end
    left join lateral (
        select d.headers, d.payload
        from queue_internal.delivery as d
        where j.slot <> v_slot and d.job_id = j.job_id and d.payload is not null
        order by d.revision desc nulls last, d.id desc, d.slot desc
        limit 1
    ) as b on true
    where j.id not in (select o.id from dropped as o)
        and (j.unique_key is null or not queue_internal.outdated(j.job_id, j.revision))
    order by j.ordinality;
    get diagnostics v_count = row_count;
    if v_count > 0 then
        perform queue_internal.wake(v_queue, p.priority) from (select distinct j.priority from unnest(jobs) as j) as p;
    end if;
    return v_count;
end
$$;

create or replace function queue_internal.due_rows(
    lane bigint,
    after_at timestamptz,
    after_id bigint,
    until_at timestamptz,
    max_rows int
)
returns setof queue_internal.delivery
language sql stable
as $$
    -- Rows of a waiting lane between two times, in order, without their bodies: see window.sql.
    select d.xid, d.id, d.lane, d.job_id, d.lease_token, d.due_at, d.enqueued_at, d.replay_of, d.slot, d.priority,
        d.attempt, d.lost, d.max_attempts, d.revision, d.queue, d.kind, d.unique_key, d.group_key, d.routing_key,
        null::jsonb, null::jsonb
    from queue_internal.delivery as d
    where d.lane = due_rows.lane and d.slot < 3 and d.due_at is not null
        and (d.due_at, d.id) > (due_rows.after_at, due_rows.after_id)
        and d.due_at <= due_rows.until_at
    order by d.due_at, d.id
    limit due_rows.max_rows
$$;
