create or replace function queue.list_jobs(
    queue text default null,
    state text default null,
    kind text default null,
    after_id bigint default null,
    max_jobs int default 100
)
returns setof queue.job
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: jobs in the order of their ids, after after_id, filtered; pass the last id to get the next page.
-- Errors: 22023 for an unknown state or max_jobs outside 1 to 500.
begin
    if max_jobs is null or max_jobs not between 1 and 500 then
        raise exception 'max_jobs % is out of range', max_jobs using errcode = '22023', hint = 'use 1 to 500';
    end if;
    if state not in ('scheduled', 'ready', 'blocked', 'running', 'retrying', 'succeeded', 'skipped', 'canceled', 'dead') then
        raise exception 'unknown state %', queue_internal.shown(state)
            using errcode = '22023',
                hint = 'states: scheduled, ready, blocked, running, retrying, succeeded, skipped, canceled, dead';
    end if;
    return query
    select i.job_id, r.queue, r.kind, r.state, r.attempt, r.max_attempts, r.priority, r.run_at, r.enqueued_at,
        r.payload, r.headers, r.result, r.unique_key, r.group_key, r.replay_of
    from (
        select distinct on (d.job_id) d.job_id
        from queue_internal.delivery as d
        where d.job_id > coalesce(after_id, 0) and d.payload is not null
            and (list_jobs.queue is null or d.queue = list_jobs.queue)
            and (list_jobs.kind is null or d.kind = list_jobs.kind)
            and (list_jobs.state is distinct from 'dead'
                or d.job_id in (select l.job_id from queue_internal.dead_letter as l))
        order by d.job_id
    ) as i
    cross join lateral queue_internal.job_row(i.job_id) as r
    where list_jobs.state is null or r.state = list_jobs.state
    limit max_jobs;
end
$$;
comment on function queue.list_jobs(text, text, text, bigint, int) is
    'Jobs by id, after after_id, filtered by queue, state and kind; at most max_jobs (1 to 500).';
