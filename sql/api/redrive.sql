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
--     older_than and newer_than are how long ago they died. One whose unique key another job has, or is just getting, stays
--     dead, and does not count. Returns how many; with dry_run nothing changes or is locked: how many it would be.
-- States: dead -> ready. Locks: rows of dead letters, those locked by others are skipped. Errors: 22023, 42704.
declare
    v_before timestamptz;
    v_after timestamptz;
    v_job bigint;
    v_count bigint := 0;
begin
    perform queue_internal.require_queue(queue);
    if max_jobs < 0 then
        raise exception 'max_jobs % is out of range', max_jobs
            using errcode = '22023', hint = 'use 0 or more, or null for all';
    end if;
    perform queue_internal.check_span('older_than', older_than, '0', '100 years');
    perform queue_internal.check_span('newer_than', newer_than, '0', '100 years');
    v_before := queue.now() - older_than;
    v_after := queue.now() - newer_than;
    if dry_run then
        return (
            select least(count(distinct coalesce('key ' || r.unique_key, 'job ' || r.job_id)), max_jobs)  -- one for each key
            from queue_internal.redrivable(queue, error_code, kind, v_before, v_after) as r);
    end if;
    for v_job in
        select r.job_id from queue_internal.redrivable(queue, error_code, kind, v_before, v_after) as r
    loop
        exit when v_count >= max_jobs;
        v_count := v_count + queue_internal.redrive_job(v_job)::int;
    end loop;
    return v_count;
end
$$;
comment on function queue.redrive(text, text, text, int, boolean, interval, interval) is
    'Puts dead jobs back into their queue, filtered by code, kind and how long ago they died; returns how many it '
    'did, or with dry_run would do.';
