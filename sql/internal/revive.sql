create or replace function queue_internal.require_job(job_id bigint)
returns void
language plpgsql stable
as $$
begin
    if job_id is null or (queue_internal.latest(job_id)).id is null then
        raise exception 'job % does not exist', coalesce(job_id::text, 'null')
            using errcode = '42704', hint = 'it may have been pruned: see the queue''s retention_finished';
    end if;
end
$$;

create or replace function queue_internal.revive(
    source queue_internal.delivery,
    state text,
    attempt int,
    event text default 'retried'
)
returns void
language plpgsql volatile
as $$
-- Makes an ended job ready again. The row that marks its end is deleted first: of two callers one waits and then finds
-- nothing to delete. A skipped job's is its attempt, which stays: it is written anew. Who waited looks again: the job
-- is ready, or was and has ended again, and stays as it is; or nobody may make it so any more. Errors: 42704, 23505.
declare
    v_found boolean;
begin
    if state = 'dead' then
        with gone as (
            delete from queue_internal.dead_letter as d
            where d.job_id = source.job_id and (queue_internal.latest(d.job_id)).id = source.id
            returning d.*
        )
        insert into queue_internal.event (job_id, at, event, attempt, detail)
        select g.job_id, e.*
        from gone as g
        cross join lateral (values
            (g.dead_at, 'dead', g.attempts, concat_ws(': ', g.reason_code, g.error_code)),
            (queue.now(), revive.event, null, 'was dead')) as e (at, event, attempt, detail);
        v_found := found;
    elsif state = 'canceled' then
        with gone as (
            delete from queue_internal.canceled as c
            where c.job_id = source.job_id and (queue_internal.latest(c.job_id)).id = source.id
            returning c.*
        )
        insert into queue_internal.event (job_id, at, event, detail)
        select g.job_id, e.*
        from gone as g
        cross join lateral (values
            (g.canceled_at, 'canceled', null),
            (queue.now(), revive.event, 'was canceled')) as e (at, event, detail);
        v_found := found;
    else
        update queue_internal.attempt as a set finished_at = a.finished_at
        where a.job_id = source.job_id
            and a.lease_token = (queue_internal.claim_for(source.lane, source.xid, source.id)).token;
        v_found := found and (queue_internal.latest(source.job_id)).id <> source.id is false;
        if v_found then
            perform queue_internal.note_event(source.job_id, event, 'was skipped');
        end if;
    end if;
    if not v_found or state <> 'dead' then
        perform queue_internal.require_job(source.job_id);  -- it may have been forgotten meanwhile
    end if;
    if not v_found then
        if state = 'dead' and (queue_internal.latest(source.job_id)).id = source.id then
            raise exception 'the dead letter of job % has been pruned', source.job_id
                using errcode = '42704', hint = 'see its queue''s retention_dead; queue.replay() runs it again as a new job';
        end if;
        return;
    end if;
    if source.unique_key is not null then
        insert into queue_internal.unique_key as u (queue, key, job_id, revision)
        values (source.queue, source.unique_key, source.job_id, coalesce(source.revision, 0))
        on conflict on constraint unique_key_pkey do update set live = true
        where u.job_id = excluded.job_id and not u.live;
        if not found then
            raise exception 'another live job has the unique key of job %', source.job_id
                using errcode = '23505', hint = 'let that job finish, or cancel it';
        end if;
    end if;
    source.max_attempts := greatest(source.max_attempts, attempt + 1);
    perform queue_internal.redeliver(source, attempt + 1, 0, null);
end
$$;

create or replace function queue_internal.redrivable(
    queue text,
    error_code text,
    kind text,
    before timestamptz,
    after timestamptz
)
returns table (job_id bigint, unique_key text)
language sql stable
as $$
    -- Dead jobs, oldest first, but for those whose unique key is taken. To be inlined, and sorted first: so that who
    -- needs only some has only these looked at.
    select d.job_id, s.unique_key
    from (
        select l.job_id
        from queue_internal.dead_letter as l
        where l.queue = redrivable.queue
            and (redrivable.error_code is null or l.error_code = redrivable.error_code)
            and (redrivable.kind is null or l.kind = redrivable.kind)
            and (redrivable.before is null or l.dead_at < redrivable.before)
            and (redrivable.after is null or l.dead_at >= redrivable.after)
        order by l.job_id
        offset 0
    ) as d
    cross join lateral (select (queue_internal.latest(d.job_id)).unique_key offset 0) as s
    where s.unique_key is null or not exists (
        select from queue_internal.unique_key as u where u.queue = redrivable.queue and u.key = s.unique_key)
    order by d.job_id
$$;

create or replace function queue_internal.redrive_job(job_id bigint)
returns boolean
language plpgsql volatile
as $$
-- Makes a dead job ready; false when somebody else is at it, or another job has its unique key. For the key it waits a
-- few milliseconds only: two calls that go over the same jobs might wait for each other's keys.
declare
    v_source queue_internal.delivery;
    v_before text;
begin
    perform from queue_internal.dead_letter as d where d.job_id = redrive_job.job_id for update skip locked;
    if not found then
        return false;
    end if;
    v_source := queue_internal.latest(job_id);
    if v_source.unique_key is null then
        perform queue_internal.revive(v_source, 'dead', v_source.attempt, 'redriven');
        return true;
    end if;
    v_before := current_setting('lock_timeout');
    begin
        perform set_config('lock_timeout', '10', true);
        perform queue_internal.revive(v_source, 'dead', v_source.attempt, 'redriven');
        perform set_config('lock_timeout', v_before, true);
        return true;
    exception
        when lock_not_available or unique_violation then
            return false;
    end;
end
$$;
