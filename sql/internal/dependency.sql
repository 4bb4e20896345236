-- Jobs that wait for others. A settle that ends a parent deletes what waits for it and files a look at each child; the
-- look (a row of the queue's lane of leases, whose lease_token is 0) comes after its commit and releases the child when
-- nothing is left. So parents never wait for one another. A settle that is under way when the child is enqueued may not
-- see it: the child's first look notes which transactions those can be, and when they have ended its parents are looked
-- up once.

create or replace function queue_internal.has_dependents()
returns boolean
language sql volatile
as $$
    -- Whether any job may wait for another. To be asked after the settle has its transaction id.
    select coalesce(pg_sequence_last_value('queue_internal.dependents'::regclass), 0) <> 0
$$;

create or replace function queue_internal.dependents_lock()
returns bigint
language sql immutable
as $$
    -- Shared by those who make dependents, exclusive for who says that there are none.
    select queue_internal.lane_id('dependents', '', 0, 0, null)
$$;

create or replace function queue_internal.file_look(job_id bigint, queue text, due_at timestamptz)
returns void
language plpgsql volatile
as $$
begin
    perform queue_internal.file_lease(queue, 0, job_id, due_at);
end
$$;

create or replace function queue_internal.note_ended(job_ids bigint[], succeeded boolean)
returns void
language plpgsql volatile
as $$
-- Tells the jobs that wait for these that they have ended. Locks only rows of these parents, in one order everywhere.
declare
    v_child record;
begin
    -- A probe first: the statement below costs three times as much to start, and nearly no job has another waiting for
    -- it.
    if not exists (select from queue_internal.dependency as d where d.parent_id = any (job_ids)) then
        return;
    end if;
    for v_child in
        with held as materialized (
            select d.parent_id, d.job_id
            from queue_internal.dependency as d
            where d.parent_id = any (job_ids)
            order by d.parent_id, d.job_id
            for update
        ),
        told as materialized (
            select h.parent_id, h.job_id, b.queue, b.released_at,
                succeeded or b.on_parent_failure = 'run' or b.released_at is not null as done
            from held as h
            join queue_internal.blocked as b on b.job_id = h.job_id
        ),
        gone as (
            delete from queue_internal.dependency as d
            using told as t
            where t.done and d.parent_id = t.parent_id and d.job_id = t.job_id
        ),
        failed as (
            update queue_internal.dependency as d set failed = true
            from told as t
            where not t.done and d.parent_id = t.parent_id and d.job_id = t.job_id
        )
        select distinct t.job_id, t.queue from told as t where t.released_at is null order by t.job_id
    loop
        perform queue_internal.file_look(v_child.job_id, v_child.queue, queue.now());
        if not exists (
            select from queue_internal.dependency as d
            where d.job_id = v_child.job_id and not d.failed
            order by d.parent_id desc
            limit 1
        ) then
            perform queue_internal.notify(v_child.queue);
        end if;
    end loop;
end
$$;

create or replace function queue_internal.release_blocked(job_id bigint)
returns void
language plpgsql volatile
as $$
-- blocked -> ready, or scheduled when its run_at lies ahead. The caller has set released_at.
declare
    v_source queue_internal.delivery := queue_internal.latest(job_id);
begin
    perform queue_internal.redeliver(v_source, v_source.attempt, v_source.lost, v_source.due_at);
end
$$;

create or replace function queue_internal.cancel_blocked(source queue_internal.delivery)
returns void
language plpgsql volatile
as $$
-- blocked -> canceled, and what waits for the job is told. The caller has set released_at.
begin
    insert into queue_internal.canceled (job_id, canceled_at)
    select b.job_id, b.released_at from queue_internal.blocked as b where b.job_id = source.job_id
    on conflict do nothing;
    if source.unique_key is not null then
        perform queue_internal.release_keys(array[source.job_id], false);
    end if;
    perform queue_internal.note_ended(array[source.job_id], false);
end
$$;

create or replace function queue_internal.take_blocked(job_id bigint)
returns boolean
language plpgsql volatile
as $$
-- Makes the caller the one who moves a blocked job on; false when somebody has. Errors: 55P03.
declare
    v_before text := current_setting('lock_timeout');
begin
    perform set_config('lock_timeout', '2000', true);
    update queue_internal.blocked as b set released_at = queue.now()
    where b.job_id = take_blocked.job_id and b.released_at is null;
    perform set_config('lock_timeout', v_before, true);
    return found;
exception
    when lock_not_available then
        raise exception 'job % is being moved on or changed by an open transaction', job_id
            using errcode = '55P03', hint = 'try again';
end
$$;

create or replace function queue_internal.judge_blocked(blocked_row queue_internal.blocked)
returns boolean
language plpgsql volatile
as $$
-- Moves a blocked job on, when what it waits for has ended; false when it goes on waiting. The caller has locked its
-- row.
declare
    v_failed bigint;
begin
    if blocked_row.on_parent_failure = 'cancel' then
        select d.parent_id into v_failed
        from queue_internal.dependency as d
        where d.job_id = blocked_row.job_id and d.failed
        limit 1;
    end if;
    -- From the last parent down: the first ones, which end first, leave dead rows behind.
    if v_failed is null and exists (
        select from queue_internal.dependency as d
        where d.job_id = blocked_row.job_id
        order by d.parent_id desc
        limit 1
    ) then
        return false;
    end if;
    update queue_internal.blocked as b set released_at = queue.now(), failed_parent = v_failed
    where b.job_id = blocked_row.job_id;
    if v_failed is null then
        perform queue_internal.release_blocked(blocked_row.job_id);
    else
        perform queue_internal.cancel_blocked(queue_internal.latest(blocked_row.job_id));
    end if;
    return true;
end
$$;
