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
as $$
-- Promise: as fail, for each element, an object with the keys of fail's parameters; a row for each, in order. Settles in the
--     order of tokens and of each claim's jobs, as every settlement: two in different orders would wait for each other.
-- Errors: 22023, naming the first bad element; then nothing was settled.
declare
    v_failure record;
    v_jobs bigint[];
    v_verdicts queue.verdict[];
begin
    for v_failure in
        with given as materialized (
            select * from queue_internal.read_failures(failures) with ordinality as f
        )
        select g.*
        from given as g
        left join (
            select c.token, coalesce(c.job_ids, c.ids) as jobs
            from (select distinct t.lease_token from given as t) as t
            cross join lateral queue_internal.claim_of(t.lease_token) as c
        ) as c on c.token = g.lease_token
        order by g.lease_token, array_position(c.jobs, g.job_id), g.ordinality
    loop
        v_jobs[v_failure.ordinality] := v_failure.job_id;
        v_verdicts[v_failure.ordinality] := queue.fail(v_failure.job_id, v_failure.lease_token, v_failure.error_code,
            v_failure.error_message, v_failure.retry_in, v_failure.permanent);
    end loop;
    return query select * from unnest(v_jobs, v_verdicts);
end
$$;
comment on function queue.fail_batch(jsonb) is
    'fail() for many attempts: an array of objects with the keys job_id, lease_token, error_code, error_message, '
    'retry_in, permanent; returns the verdict of each, in order.';
