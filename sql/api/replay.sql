create or replace function queue.replay(job_id bigint, queue text default null, run_at timestamptz default null)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: a new job with the old one's kind, payload, headers, routing key, priority and max_attempts, and replay_of = job_id.
--     The old job is not touched. The new one has no unique key.
-- States: -> ready or scheduled. Errors: 42704 for an unknown job, 22023.
declare
    v_new bigint;
    v_body queue_internal.delivery;
begin
    perform queue_internal.require_job(job_id);
    v_body := queue_internal.body(job_id);
    perform queue_internal.check_job(coalesce(queue, v_body.queue), v_body.kind, run_at, null, null, null, null, null);
    v_new := queue_internal.insert_job(coalesce(queue, v_body.queue), v_body.kind, v_body.payload, run_at,
        v_body.priority, v_body.max_attempts, null, v_body.group_key, v_body.headers, job_id,
        guarded => false, routing_key => v_body.routing_key);
    insert into queue_internal.replay (job_id, replayed_as, replayed_at)
    values (replay.job_id, v_new, queue.now());
    return v_new;
end
$$;
comment on function queue.replay(bigint, text, timestamptz) is
    'Enqueues a copy of a job as a new job that points back by replay_of; returns the new id.';
