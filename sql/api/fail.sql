create or replace function queue.fail(
    job_id bigint,
    lease_token bigint,
    error_code text,
    error_message text default null,
    retry_in interval default null,
    permanent boolean default false
)
returns queue.verdict
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: ok for the one caller who settles the attempt. Retried after the queue's backoff, or retry_in; dead with
--     NON_RETRYABLE when permanent or the code is one of the queue's permanent_codes, with MAX_ATTEMPTS_EXCEEDED
--     when no attempt is left.
-- States: running -> retrying or dead. Locks: the attempt's key. Errors: 22023 for a bad retry_in.
declare
    v_claim queue_internal.claim;
begin
    perform queue_internal.check_span('retry_in', retry_in, '0', '10 years');
    v_claim := queue_internal.claim_of(lease_token);
    if queue_internal.fail_attempt(v_claim, job_id, left(coalesce(error_code, 'UNKNOWN'), 200),
        left(error_message, 10000), retry_in, coalesce(permanent, false), 'failed')
    then
        return 'ok'::queue.verdict;
    end if;
    return queue_internal.refusal(job_id, lease_token);
end
$$;
comment on function queue.fail(bigint, bigint, text, text, interval, boolean) is
    'Settles an attempt as failed: the job is retried later or dead, as its queue''s policy says. '
    'error_code is kept to 200, error_message to 10,000 characters.';

create or replace function queue.fail_batch(failures jsonb)
returns table (job_id bigint, verdict queue.verdict)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
set plan_cache_mode = force_generic_plan
as $$
-- Promise: as fail, for each element, an object with the keys of fail's parameters; a row for each, in order. Settles in the
--     order of tokens and of each claim's jobs, as every settlement: two in different orders would wait for each other.
-- Errors: 22023, naming the first bad element; then nothing was settled.
declare
    v_jobs bigint[];
    v_tokens bigint[];
    v_failures queue_internal.failure[];
    v_claim record;
    v_done record;
    v_dead queue_internal.failure[];
    v_reasons text[];
    v_done_jobs bigint[];
    v_done_tokens bigint[];
begin
    select array_agg(f.job_id), array_agg(f.lease_token),
        array_agg(row(f.job_id, left(coalesce(f.error_code, 'UNKNOWN'), 200), left(f.error_message, 10000), f.retry_in,
            coalesce(f.permanent, false))::queue_internal.failure)
    into v_jobs, v_tokens, v_failures
    from queue_internal.read_failures(failures) as f;
    for v_claim in
        select d.token, array_agg(d.failure) as failures
        from (
            select distinct on (p.token, p.job_id) p.token, v_failures[p.place] as failure
            from unnest(v_jobs, v_tokens) with ordinality as p (job_id, token, place)
            order by p.token, p.job_id, p.place
        ) as d
        group by d.token
        order by d.token
    loop
        v_done := queue_internal.fail_attempts(queue_internal.claim_of(v_claim.token), v_claim.failures);
        v_done_jobs := v_done_jobs || v_done.done;
        v_done_tokens := v_done_tokens || array_fill(v_claim.token, array[coalesce(cardinality(v_done.done), 0)]);
        v_dead := v_dead || v_done.dead;
        v_reasons := v_reasons || v_done.reasons;
    end loop;
    if v_dead is not null then
        perform queue_internal.bury(v_dead, v_reasons);
    end if;
    return query
    select v.job_id, v.verdict from queue_internal.batch_verdicts(v_jobs, v_tokens, v_done_jobs, v_done_tokens) as v;
end
$$;
comment on function queue.fail_batch(jsonb) is
    'fail() for many attempts: an array of objects with the keys job_id, lease_token, error_code, error_message, '
    'retry_in, permanent; returns the verdict of each, in order.';
