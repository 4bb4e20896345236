-- The archive: jobs of queues that have the option, copied as they are about to be forgotten. Nothing of it is on the
-- way of a job: only what empties slots and prunes looks at it.

create or replace function queue_internal.archive_job(job_id bigint, dead_at timestamptz default null)
returns void
language plpgsql volatile
as $$
-- Archives a job that has ended, or that died at dead_at and whose dead letter is just being forgotten, when its queue
-- has an archive. The later end of a job that was made ready again replaces the earlier one.
declare
    v_at record;
    v_body queue_internal.delivery := queue_internal.body(job_id);
begin
    if v_body.id is null or not (queue_internal.options(v_body.queue)).archive then
        return;
    end if;
    select * into v_at from queue_internal.standing(job_id);
    if archive_job.dead_at is not null then
        v_at.state := 'dead';
    elsif v_at.state not in ('succeeded', 'skipped', 'canceled') then
        return;
    end if;
    insert into queue_internal.archived_job as j (job_id, queue, kind, state, attempt, priority, enqueued_at, claimed_at,
        finished_at, worker, error_code, error_message, payload, headers, result, unique_key, group_key, routing_key,
        replay_of)
    values (v_body.job_id, v_body.queue, v_body.kind, v_at.state, v_at.attempt, v_body.priority, v_body.enqueued_at,
        (v_at.claim).claimed_at,
        coalesce(archive_job.dead_at, (v_at.last).finished_at, (select c.canceled_at from queue_internal.canceled as c
            where c.job_id = archive_job.job_id), queue.now()),
        (v_at.claim).worker, (v_at.last).error_code, (v_at.last).error_message, v_body.payload, v_body.headers,
        (v_at.last).result, v_body.unique_key, v_body.group_key, v_body.routing_key, v_body.replay_of)
    on conflict on constraint archived_job_pkey do update set state = excluded.state, attempt = excluded.attempt,
        claimed_at = excluded.claimed_at, finished_at = excluded.finished_at, worker = excluded.worker,
        error_code = excluded.error_code, error_message = excluded.error_message, result = excluded.result
    where j.finished_at < excluded.finished_at;
end
$$;

create or replace function queue_internal.archive_slot(slot int, max_rows int)
returns int
language plpgsql volatile
as $$
-- Archives the next jobs that have ended and whose last delivery stands in a slot that is to be emptied, in the order
-- of their ids; returns how many it looked at. Those that are running have been copied to the last slot before, and are
-- archived when they are pruned there.
declare
    v_at queue_internal.archiving;
    v_row record;
    v_count int := 0;
begin
    if not exists (select from queue_internal.queue as q where q.archive) then
        return 0;
    end if;
    select a.* into v_at from queue_internal.archiving as a where a.slot = archive_slot.slot for update;
    for v_row in
        select distinct d.job_id
        from queue_internal.delivery as d
        where d.slot = archive_slot.slot and d.job_id > v_at.job_id and d.lease_token is null
            and d.queue in (select q.name from queue_internal.queue as q where q.archive)
        order by d.job_id
        limit max_rows
    loop
        v_count := v_count + 1;
        v_at.job_id := v_row.job_id;
        if (queue_internal.latest(v_row.job_id)).slot = archive_slot.slot then
            perform queue_internal.archive_job(v_row.job_id);
        end if;
    end loop;
    if v_count > 0 then
        update queue_internal.archiving as a set job_id = v_at.job_id where a.slot = v_at.slot;
    end if;
    return v_count;
end
$$;

create or replace function queue_internal.prune_archive(max_rows int)
returns int
language plpgsql volatile
as $$
-- Forgets archived jobs older than their queue's retention_archive.
declare
    v_count int;
begin
    delete from queue_internal.archived_job as j
    where j.job_id in (
        select o.job_id
        from queue_internal.queue as q
        cross join lateral (
            select a.job_id from queue_internal.archived_job as a
            where a.queue = q.name and a.finished_at < (select queue.now()) - q.retention_archive
            order by a.finished_at
            limit max_rows
            for update skip locked
        ) as o
        limit max_rows);
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
