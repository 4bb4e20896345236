create or replace view queue.job as
select d.job_id, r.queue, r.kind, r.state, r.attempt, r.max_attempts, r.priority, r.run_at, r.enqueued_at, r.payload,
    r.headers, r.result, r.unique_key, r.group_key, r.replay_of, r.routing_key, r.replayed_as
from (
    select distinct b.job_id from queue_internal.delivery as b where b.payload is not null and b.job_id is not null
) as d
cross join lateral queue_internal.job_row(d.job_id) as r;
comment on view queue.job is 'Every job that is kept, and its state; by job_id it is as fast as get_job';

create or replace function queue.get_job(job_id bigint)
returns setof queue.job
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
    -- One row, or none for an unknown id.
    select get_job.job_id, r.queue, r.kind, r.state, r.attempt, r.max_attempts, r.priority, r.run_at, r.enqueued_at,
        r.payload, r.headers, r.result, r.unique_key, r.group_key, r.replay_of, r.routing_key, r.replayed_as
    from queue_internal.job_row(get_job.job_id) as r
    where r.state is not null
$$;
comment on function queue.get_job(bigint) is
    'One job: its state, attempts charged so far, payload, result; no row for an unknown id';
