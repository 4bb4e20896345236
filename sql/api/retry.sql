create or replace function queue.retry(job_id bigint)
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: a dead, canceled or skipped job runs again, with one more attempt if none was left; one that waits, also
--     for other jobs, runs now. Ready and running jobs are left alone. Returns the state afterwards.
-- States: dead, canceled, skipped, scheduled, retrying, blocked -> ready.
-- Locks: the lane of a waiting job. Errors: 42704 for an unknown job, or a dead one whose dead letter is pruned;
--     55000 for a succeeded one; 55P03;
--     23505 when another live job has taken its unique key.
declare
    v_at record;
    v_source queue_internal.delivery;
begin
    perform queue_internal.require_job(job_id);
    select * into v_at from queue_internal.standing(job_id);
    v_source := v_at.latest;
    if v_at.state = 'succeeded' then
        raise exception 'job % has succeeded', job_id
            using errcode = '55000', hint = 'queue.replay() runs it again as a new job';
    elsif v_at.state in ('ready', 'running') then
        return v_at.state;
    elsif v_at.state = 'blocked' then
        if queue_internal.take_blocked(job_id) then
            v_source.due_at := null;
            perform queue_internal.redeliver(v_source, v_source.attempt, v_source.lost, null);
            perform queue_internal.note_event(job_id, 'retried', 'was blocked');
        end if;
        return 'ready';
    elsif v_at.state in ('scheduled', 'retrying') then
        if queue_internal.withdraw(v_source) then
            perform queue_internal.redeliver(v_source, v_source.attempt, v_source.lost, null);
            perform queue_internal.note_event(job_id, 'retried', 'was ' || v_at.state);
            perform queue_internal.require_job(job_id);  -- its queue may have been dropped meanwhile
            return 'ready';
        end if;
        perform queue_internal.require_job(job_id);
        return (select s.state from queue_internal.standing(job_id) as s);  -- who came first has made of it
    end if;
    perform queue_internal.revive(v_source, v_at.state, v_at.attempt);
    return 'ready';
end
$$;
comment on function queue.retry(bigint) is
    'Runs a dead, canceled, skipped or waiting job now; returns its state afterwards. '
    'A job without attempts left gets one more.';
