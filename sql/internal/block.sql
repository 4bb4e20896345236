-- What an enqueue with parents does, and the looks at a blocked job that follow: see dependency.sql.

create or replace function queue_internal.parent_state(job_id bigint)
returns text
language plpgsql stable
as $$
-- succeeded, failed, open, or unknown.
declare
    v_state text;
begin
    select s.state into v_state from queue_internal.standing(job_id) as s;
    return case
        when v_state is null then 'unknown'
        when v_state in ('succeeded', 'skipped') then 'succeeded'
        when v_state in ('dead', 'canceled') then 'failed'
        else 'open'
    end;
end
$$;

create or replace function queue_internal.look_up_parents(
    blocked_row queue_internal.blocked,
    max_rows int
)
returns queue_internal.blocked
language plpgsql volatile
as $$
-- Finds out about the next parents of a blocked job, which may have ended without a word; looked_id is null when it was
-- the last. The caller has locked the job's row.
declare
    v_parents bigint[];
    v_states text[];
begin
    select array_agg(p.parent_id order by p.parent_id), array_agg(queue_internal.parent_state(p.parent_id) order by p.parent_id)
    into v_parents, v_states
    from (
        select d.parent_id
        from queue_internal.dependency as d
        where d.job_id = blocked_row.job_id and d.parent_id > coalesce(blocked_row.looked_id, 0)
        order by d.parent_id
        limit max_rows
    ) as p;
    with held as materialized (
        select d.parent_id, p.state
        from unnest(v_parents, v_states) as p (parent_id, state)
        join queue_internal.dependency as d on d.parent_id = p.parent_id and d.job_id = blocked_row.job_id
        where p.state <> 'open'
        for update of d skip locked
    ),
    gone as (
        delete from queue_internal.dependency as d
        using held as h
        where (h.state = 'succeeded' or blocked_row.on_parent_failure = 'run')
            and d.parent_id = h.parent_id and d.job_id = blocked_row.job_id
    )
    update queue_internal.dependency as d set failed = true
    from held as h
    where h.state <> 'succeeded' and blocked_row.on_parent_failure <> 'run' and not d.failed
        and d.parent_id = h.parent_id and d.job_id = blocked_row.job_id;
    blocked_row.looked_id := case when cardinality(v_parents) = max_rows then v_parents[max_rows] end;
    update queue_internal.blocked as b set looked_id = blocked_row.looked_id, looked_at = queue.now()
    where b.job_id = blocked_row.job_id;
    return blocked_row;
end
$$;

create or replace function queue_internal.look_at_blocked(job_id bigint, queue text)
returns void
language plpgsql volatile
as $$
-- What a look comes to. Never waits: what is locked is looked at again a second later.
declare
    v_now timestamptz := queue.now();
    v_seen xid8 := pg_snapshot_xmax(pg_current_snapshot());
    v_row queue_internal.blocked;
begin
    select b.* into v_row
    from queue_internal.blocked as b
    where b.job_id = look_at_blocked.job_id and b.released_at is null
    for update skip locked;
    if not found then
        if exists (
            select from queue_internal.blocked as b
            where b.job_id = look_at_blocked.job_id and b.released_at is null
        ) then
            perform queue_internal.file_look(job_id, queue, v_now + interval '1 second');
        end if;
        return;
    end if;
    if queue_internal.judge_blocked(v_row) or v_row.looked_id is null then
        return;
    end if;
    if v_row.xid = pg_current_xact_id() then
        null;  -- others cannot know of it before this transaction commits
    elsif v_row.seen is null then
        update queue_internal.blocked as b set seen = v_seen where b.job_id = v_row.job_id;
    elsif v_row.seen <= pg_snapshot_xmin(pg_current_snapshot()) then
        v_row := queue_internal.look_up_parents(v_row, 100);
        if queue_internal.judge_blocked(v_row) or v_row.looked_id is null then
            return;
        end if;
        perform queue_internal.file_look(job_id, queue, v_now);
        return;
    end if;
    perform queue_internal.file_look(job_id, queue,
        v_now + least(greatest(v_now - v_row.blocked_at, interval '100 milliseconds'), interval '10 seconds'));
end
$$;

create or replace function queue_internal.block_job(job_id bigint, queue text, parents bigint[], on_parent_failure text)
returns void
language plpgsql volatile
as $$
-- Has a job, just inserted, wait for others. A parent must be there already, so that no circle can come to be.
-- Errors: 42704 for an unknown parent.
declare
    v_row queue_internal.blocked;
    v_unknown bigint;
begin
    perform pg_advisory_xact_lock_shared(queue_internal.dependents_lock());
    if not queue_internal.has_dependents() then
        perform setval('queue_internal.dependents', 1);
    end if;
    insert into queue_internal.blocked as b (job_id, queue, parents, on_parent_failure, blocked_at, looked_at,
        first_parents)
    select block_job.job_id, block_job.queue, count(distinct p.id), coalesce(block_job.on_parent_failure, 'cancel'),
        queue.now(), queue.now(), (array_agg(distinct p.id))[:20]
    from unnest(parents) as p (id)
    returning b.* into v_row;
    with stated as materialized (
        select p.id, queue_internal.parent_state(p.id) as state from (select distinct u.id from unnest(parents) as u (id)) as p
    ),
    kept as (
        insert into queue_internal.dependency (parent_id, job_id, failed)
        select s.id, block_job.job_id, s.state = 'failed'
        from stated as s
        where s.state = 'open' or s.state = 'failed' and v_row.on_parent_failure <> 'run'
        order by s.id
    )
    select min(s.id) into v_unknown from stated as s where s.state = 'unknown' or s.id = block_job.job_id;
    if v_unknown is not null then
        raise exception 'job %, to run after, does not exist', v_unknown
            using errcode = '42704', hint = 'it may have been pruned: see its queue''s retention_finished';
    end if;
    if not queue_internal.judge_blocked(v_row) then
        perform queue_internal.file_look(job_id, queue, queue.now());
    end if;
end
$$;

create or replace function queue_internal.sweep_blocked(max_jobs int)
returns int
language plpgsql volatile
as $$
-- A safety net: looks up the parents of jobs that have been blocked for a minute without anybody looking, forgets what
-- jobs waited for that were moved on otherwise, and says when nothing waits for anything. Returns how many it moved on.
declare
    v_row queue_internal.blocked;
    v_count int := 0;
begin
    if not queue_internal.has_dependents() or current_setting('transaction_isolation') in ('repeatable read', 'serializable')
    then
        return 0;
    end if;
    for v_row in
        select b.*
        from queue_internal.blocked as b
        where b.released_at is null and b.looked_at < queue.now() - interval '1 minute'
        order by b.looked_at
        limit max_jobs
        for update skip locked
    loop
        v_count := v_count + queue_internal.judge_blocked(queue_internal.look_up_parents(v_row, 100))::int;
    end loop;
    delete from queue_internal.dependency as d
    where (d.parent_id, d.job_id) in (
        select o.parent_id, o.job_id
        from queue_internal.dependency as o
        where not exists (select from queue_internal.blocked as b where b.job_id = o.job_id and b.released_at is null)
        limit 1000
        for update skip locked);
    if not exists (select from queue_internal.dependency) and pg_try_advisory_xact_lock(queue_internal.dependents_lock())
        and not exists (select from queue_internal.dependency)
    then
        perform setval('queue_internal.dependents', 0);
    end if;
    delete from queue_internal.blocked as b
    where b.job_id in (
        select o.job_id from queue_internal.blocked as o
        where o.released_at < (select queue.now()) - interval '1 hour'
            and not exists (select from queue_internal.delivery as d where d.job_id = o.job_id)
        limit 1000
        for update skip locked);
    return v_count;
end
$$;
