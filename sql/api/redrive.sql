create or replace function queue.redrive(
    queue text,
    error_code text default null,
    kind text default null,
    max_jobs int default null,
    dry_run boolean default false,
    older_than interval default null,
    newer_than interval default null
)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: dead jobs of the queue, oldest first, filtered, at most max_jobs, are ready again as by retry().
--     older_than and newer_than are how long ago they died.
--     One whose unique key another live job has taken stays dead. With dry_run nothing changes. Returns how many.
-- States: dead -> ready. Locks: rows of dead letters, those locked by others are skipped. Errors: 22023, 42704.
declare
    v_now timestamptz := clock_timestamp();
    v_job bigint;
    v_source queue_internal.delivery;
    v_count bigint := 0;
begin
    perform queue_internal.require_queue(queue);
    if max_jobs < 0 then
        raise exception 'max_jobs must not be negative' using errcode = '22023';
    end if;
    perform queue_internal.check_span('older_than', older_than, '0', '100 years');
    perform queue_internal.check_span('newer_than', newer_than, '0', '100 years');
    for v_job in
        select d.job_id
        from queue_internal.dead_letter as d
        where d.queue = redrive.queue
            and (redrive.error_code is null or d.error_code = redrive.error_code)
            and (redrive.kind is null or d.kind = redrive.kind)
            and (older_than is null or d.dead_at < v_now - older_than)
            and (newer_than is null or d.dead_at >= v_now - newer_than)
        order by d.job_id
        limit redrive.max_jobs
        for update skip locked
    loop
        v_source := queue_internal.latest(v_job);
        if exists (
            select from queue_internal.unique_key as u
            where u.queue = redrive.queue and u.key = v_source.unique_key
        ) then
            continue;
        end if;
        v_count := v_count + 1;
        if dry_run is not true then
            perform queue_internal.revive(v_source, 'dead', v_source.attempt);
        end if;
    end loop;
    return v_count;
end
$$;
comment on function queue.redrive(text, text, text, int, boolean, interval, interval) is
    'Puts dead jobs back into their queue, filtered by code, kind and how long ago they died; returns how many it did, or with dry_run would do.';
