create or replace function queue.cancel(job_id bigint)
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: a job that is not finished will not be handed out again; the worker that runs it learns of it by
--     heartbeat or settle (verdict canceled). Returns the state afterwards: canceled, or that of a finished job.
-- States: scheduled, ready, retrying, blocked, running -> canceled.
-- Locks: the lane of a job that is not running. Errors: 42704 for an unknown job, 55P03. Idempotent.
declare
    v_state text;
begin
    loop
        perform queue_internal.require_job(job_id);
        v_state := queue_internal.cancel_once(job_id);
        exit when v_state is not null;
    end loop;
    return v_state;
end
$$;
comment on function queue.cancel(bigint) is
    'Cancels a job, also a running one; returns its state afterwards, which is that of a job that had ended before.';
