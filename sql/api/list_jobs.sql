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
set enable_bitmapscan = off
set enable_hashagg = off
as $$
-- Promise: jobs in the order of their ids, after after_id, filtered; pass the last id to get the next page.
--     The order is that of ids, not of time: each page of ready, scheduled or retrying jobs reads all that wait, each of
--     skipped ones all attempts. Errors: 22023 for an unknown state or max_jobs outside 1 to 500.
declare
    v_after bigint := coalesce(after_id, 0);
    v_left int := max_jobs;
    v_found int;
    v_ids bigint[];
begin
    if max_jobs is null or max_jobs not between 1 and 500 then
        raise exception 'max_jobs % is out of range', max_jobs using errcode = '22023', hint = 'use 1 to 500';
    end if;
    if state not in ('scheduled', 'ready', 'blocked', 'running', 'retrying', 'succeeded', 'skipped', 'canceled', 'dead') then
        raise exception 'unknown state %', queue_internal.shown(state)
            using errcode = '22023',
                hint = 'states: scheduled, ready, blocked, running, retrying, succeeded, skipped, canceled, dead';
    end if;
    loop
        v_ids := array(select c.job_id from queue_internal.list_candidates(queue, state, kind, v_after, v_left + 50) as c (job_id));
        return query
        select i.job_id, r.queue, r.kind, r.state, r.attempt, r.max_attempts, r.priority, r.run_at, r.enqueued_at,
            r.payload, r.headers, r.result, r.unique_key, r.group_key, r.replay_of, r.routing_key, r.replayed_as
        from unnest(v_ids) as i (job_id)
        cross join lateral queue_internal.job_row(i.job_id) as r
        where (list_jobs.state is null or r.state = list_jobs.state)
            and (list_jobs.queue is null or r.queue = list_jobs.queue)
            and (list_jobs.kind is null or r.kind = list_jobs.kind)
        limit v_left;
        get diagnostics v_found = row_count;
        exit when v_found = v_left or cardinality(v_ids) < v_left + 50;
        v_left := v_left - v_found;
        v_after := v_ids[cardinality(v_ids)];
    end loop;
end
$$;
comment on function queue.list_jobs(text, text, text, bigint, int) is
    'Jobs by id, after after_id, filtered by queue, state and kind; at most max_jobs (1 to 500).';
