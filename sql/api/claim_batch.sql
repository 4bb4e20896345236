create or replace function queue.claim_batch(
    queue text,
    worker text,
    max_jobs int default 1,
    lease interval default null,
    kinds text[] default null
)
returns setof queue.claimed_job
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
as $$
-- Promise: each job is in one claim at a time; only jobs due now, of the given kinds, at most max_jobs; the highest
--     priority first, then what has been ready longest. A claim that rolls back never was. An empty result while
--     another claim is in an open transaction does not mean that the queue is empty.
-- States: ready -> running; expired leases: running -> retrying or dead; due jobs: scheduled, retrying -> ready.
-- Locks: the advisory lock of each lane it takes from, until the caller's transaction ends: claim in a transaction
--     of its own. Waits at most a quarter of a second, and only when every lane with work is locked.
-- Errors: 22023; 55000 for data of another cluster, before maintain(); 40001 or 23505 in REPEATABLE READ or
--     SERIALIZABLE when another claim came first. A queue that does not exist is empty.
declare
    v_options queue_internal.queue;
    v_lease_end timestamptz;
    v_got int;
begin
    perform queue_internal.check_name('queue', queue);
    perform queue_internal.check_name('worker', worker);
    if max_jobs is null or max_jobs not between 1 and 4096 then
        raise exception 'max_jobs % is out of range', max_jobs
            using errcode = '22023', hint = 'use 1 to 4096';
    end if;
    perform queue_internal.check_span('lease', lease, '100 milliseconds', '1 year');
    v_options := queue_internal.options(queue);
    if v_options.paused or cardinality(kinds) = 0 then
        return;
    end if;
    perform queue_internal.promote_due(queue);
    v_lease_end := clock_timestamp() + coalesce(lease, v_options.lease);
    if max_jobs = 1 then
        return query select * from queue_internal.claim_jobs(queue, worker, max_jobs, v_lease_end, kinds);
    else
        return query
        select c.* from queue_internal.claim_jobs(queue, worker, max_jobs, v_lease_end, kinds) as c
        order by c.priority desc, c.job_id;
    end if;
    get diagnostics v_got = row_count;
    if (v_got < max_jobs or random() < 0.02) and queue_internal.reap(queue) > 0 and v_got = 0 then
        perform queue_internal.promote_due(queue);
        return query select * from queue_internal.claim_jobs(queue, worker, max_jobs, v_lease_end, kinds);
        get diagnostics v_got = row_count;
    end if;
    if v_got = 0 and v_options.notify then
        perform queue_internal.arm(queue);
    end if;
end
$$;
comment on function queue.claim_batch(text, text, int, interval, text[]) is
    'Hands up to max_jobs (1 to 4096) jobs to a worker under a lease; kinds null takes any. '
    'lease null is the queue''s default. An empty result: nothing is due, or the queue is paused.';
