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

create or replace function queue_internal.revive(source queue_internal.delivery, state text, attempt int)
returns void
language plpgsql volatile
as $$
-- Makes an ended job ready again. The row that marks its end is deleted first: of two callers one waits and then
-- finds nothing to delete. A skipped job's is its attempt, which stays: it is written anew. Who waited looks again:
-- the job is ready, or nobody may make it so any more. Errors: 42704, 23505.
declare
    v_found boolean;
begin
    if state = 'dead' then
        delete from queue_internal.dead_letter as d where d.job_id = source.job_id;
        v_found := found;
    elsif state = 'canceled' then
        delete from queue_internal.canceled as c where c.job_id = source.job_id;
        v_found := found;
    else
        update queue_internal.attempt as a set finished_at = a.finished_at
        where a.job_id = source.job_id
            and a.lease_token = (queue_internal.claim_for(source.lane, source.xid, source.id)).token;
        v_found := found;
    end if;
    perform queue_internal.require_job(source.job_id);  -- it may have been forgotten meanwhile
    if (queue_internal.latest(source.job_id)).id <> source.id then
        return;
    elsif not v_found then
        raise exception 'the dead letter of job % has been pruned', source.job_id
            using errcode = '42704', hint = 'see its queue''s retention_dead; queue.replay() runs it again as a new job';
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
