create or replace function queue.explain(job_id bigint)
returns table (state text, reason text, detail text, hint text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- One row, or none for an unknown id. The hint of a job that failed depends on its last error code. Reasons:
-- QUEUE_PAUSED, NO_WORKER, NO_WORKER_FOR_KIND, NO_WORKER_FOR_ROUTING_KEY, WAITING_TURN, IN_FLIGHT_EXCEEDED,
-- RATE_EXCEEDED, RETRY_RATE_EXCEEDED, KEY_BUSY, SCHEDULED, BLOCKED, RETRY_WAIT, RUNNING, LEASE_EXPIRED, PARENT_FAILED,
-- ENDED, and the reason codes of the dead letters.
declare
    v_at record;
    v_until timestamptz;
    v_dead queue_internal.dead_letter;
    v_last record;
    v_parent bigint := (select b.failed_parent from queue_internal.blocked as b where b.job_id = explain.job_id);
begin
    select * into v_at from queue_internal.standing(job_id);
    state := v_at.state;
    if state is null then
        return;
    elsif state = 'ready' then
        select r.reason, r.detail into reason, detail from queue_internal.explain_ready(v_at.latest) as r;
        hint := case reason
            when 'QUEUE_PAUSED' then format('select queue.resume_queue(%L)', (v_at.latest).queue)
            when 'NO_WORKER' then 'start a worker for this queue'
            when 'IN_FLIGHT_EXCEEDED' then 'it starts when one of them ends; queue.configure_queue() changes the limit'
            when 'RATE_EXCEEDED' then 'queue.configure_queue() changes the limit'
            when 'RETRY_RATE_EXCEEDED' then 'queue.configure_queue() changes the limit'
            when 'KEY_BUSY' then 'it starts when that job has ended; queue.explain() says why it has not'
            when 'NO_WORKER_FOR_ROUTING_KEY' then format('start a worker that names routing key %L', (v_at.latest).routing_key)
            when 'NO_WORKER_FOR_KIND' then 'start a worker that has a handler for this kind'
        end;
    elsif state = 'blocked' then
        reason := 'BLOCKED';
        select b.detail, b.hint into detail, hint from queue_internal.explain_blocked(job_id) as b;
    elsif state = 'retrying' and queue_internal.is_held_back(v_at.latest) then
        reason := 'RETRY_RATE_EXCEEDED';
        detail := queue_internal.told_retries((v_at.latest).queue, (v_at.latest).due_at);
        hint := 'queue.configure_queue() changes the limit';
    elsif state in ('scheduled', 'retrying') then
        reason := case state when 'scheduled' then 'SCHEDULED' else 'RETRY_WAIT' end;
        select a.error_code, a.error_message into v_last
        from queue_internal.attempt as a
        where a.job_id = explain.job_id and a.job_id > 0 and a.error_code is not null
        order by a.finished_at desc
        limit 1;
        detail := concat_ws(': ', format('due at %s', (v_at.latest).due_at), v_last.error_code, v_last.error_message);
        hint := concat_ws('; ', case when state = 'retrying' then queue_internal.advice(v_last.error_code) end,
            format('select queue.retry(%s) makes it ready now', job_id));
    elsif state = 'running' then
        v_until := queue_internal.leased_until(v_at.claim, job_id);
        reason := case when v_until < queue.now() then 'LEASE_EXPIRED' else 'RUNNING' end;
        detail := format('with worker %L since %s, leased until %s', (v_at.claim).worker, (v_at.claim).claimed_at,
            v_until);
        hint := case reason when 'LEASE_EXPIRED' then 'the next claim of this queue, or queue.maintain(), ends it' end;
    elsif state = 'dead' then
        select d.* into v_dead from queue_internal.dead_letter as d where d.job_id = explain.job_id;
        reason := coalesce(v_dead.reason_code, 'ENDED');
        detail := concat_ws(': ', v_dead.error_code, v_dead.error_message);
        hint := concat_ws('; then ', queue_internal.advice(v_dead.error_code), format('select queue.retry(%s)', job_id));
    elsif state = 'canceled' and v_parent is not null then
        reason := 'PARENT_FAILED';
        detail := format('canceled because job %s is dead or canceled', v_parent);
        hint := format('select queue.retry(%s) runs it all the same', job_id);
    else
        reason := 'ENDED';
        detail := state;
    end if;
    return next;
end
$$;
comment on function queue.explain(bigint) is
    'Why a job is not running, or what it is doing: state, reason code, detail, and what can be done about it';
