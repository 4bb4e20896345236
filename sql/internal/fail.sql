-- What a failed or lost attempt leads to.

create or replace function queue_internal.backoff(options queue_internal.queue, attempt int)
returns interval
language plpgsql volatile
as $$
-- base * factor^(attempt - 1), at most cap, varied by the jitter. The exponent is bounded against overflow.
begin
    return make_interval(secs =>
        least(
            extract(epoch from options.backoff_cap)::float8,
            extract(epoch from options.backoff_base)::float8
                * power(options.backoff_factor, least(attempt - 1, 100)))
        * (1 + options.backoff_jitter * (2 * random() - 1)));
end
$$;

create or replace function queue_internal.reason_to_die(
    options queue_internal.queue,
    permanent boolean,
    outcome queue_internal.outcome,
    is_last boolean,
    lost int
)
returns text
language sql stable
as $$
    -- Why there is no further attempt; null when there is. One expression, which the caller's plan takes in.
    select case
        when permanent then 'NON_RETRYABLE'
        when outcome = 'lost' and (is_last or lost >= options.max_lost) then 'WORKER_LOST'
        when is_last then 'MAX_ATTEMPTS_EXCEEDED'
    end
$$;

create or replace function queue_internal.fail_attempt(
    claim_row queue_internal.claim,
    job_id bigint,
    error_code text,
    error_message text,
    retry_in interval,
    permanent boolean,
    outcome queue_internal.outcome
)
returns boolean
language plpgsql volatile
as $$
-- running -> retrying or dead. outcome is failed (a worker says so) or lost (the lease expired).
declare
    v_source queue_internal.delivery;
    v_options queue_internal.queue;
    v_lost int;
    v_reason text;
begin
    if not queue_internal.close_attempt(claim_row, job_id, outcome, error_code, error_message) then
        return false;
    end if;
    select * into v_source from queue_internal.latest(job_id);
    if v_source.id is null then
        perform queue_internal.hold_ring();  -- or it was moved, which an old snapshot does not show
        return true;  -- somebody deleted the job; an error here would stop every later maintain() at this lease
    end if;
    v_options := queue_internal.options(v_source.queue);
    v_lost := v_source.lost + (outcome = 'lost')::int;
    v_reason := queue_internal.reason_to_die(v_options, permanent or error_code = any (v_options.permanent_codes), outcome,
        v_source.attempt >= v_source.max_attempts, v_lost);
    if v_reason is null then
        perform queue_internal.redeliver(v_source, v_source.attempt + 1, v_lost,
            queue.now() + coalesce(retry_in, queue_internal.backoff(v_options, v_source.attempt)));
        return true;
    end if;
    insert into queue_internal.dead_letter (job_id, queue, kind, reason_code, error_code, error_message, dead_at,
        attempts, slot)
    values (fail_attempt.job_id, v_source.queue, v_source.kind, v_reason, fail_attempt.error_code,
        fail_attempt.error_message, queue.now(), v_source.attempt, v_source.slot)
    on conflict do nothing;  -- an error here would stop every later maintain() at this job
    if v_source.unique_key is not null then
        perform queue_internal.release_keys(array[job_id], false);
    end if;
    if queue_internal.has_dependents() then
        perform queue_internal.note_ended(array[job_id], false);
    end if;
    return true;
end
$$;
