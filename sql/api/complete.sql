create or replace function queue.complete(job_id bigint, lease_token bigint, result jsonb default null)
returns queue.verdict
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: ok for the one caller who settles the attempt; its job has succeeded when this transaction commits.
-- States: running -> succeeded. Locks: of a claim of eight jobs or more its lock, shared; the attempt's key. Both are waited for
-- while another settles the same attempt.
-- Errors: none for a lost lease: a verdict. Not idempotent by verdict: the second call is stale.
begin
    return queue_internal.end_attempt(job_id, lease_token, 'succeeded', result => result);
end
$$;
comment on function queue.complete(bigint, bigint, jsonb) is
    'Settles an attempt as succeeded and keeps its result; in the caller''s transaction, so the work''s own writes '
    'can commit together with it.';

create or replace function queue.complete_batch(
    job_ids bigint[],
    lease_tokens bigint[],
    results jsonb[] default null
)
returns table (job_id bigint, verdict queue.verdict)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
set enable_nestloop = off
as $$
-- Promise: as complete, for each pair; a row for each, in order; one statement for each claim.
-- Locks: of each claim, by token, its lock, then keys of the attempts, in one order everywhere. Errors: 22023 for arrays of
-- unequal length.
declare
    v_claim record;
    v_done record;
    v_keyed boolean;
    v_jobs bigint[];
    v_tokens bigint[];
begin
    -- null where an array has another dimension or begins at another place: then the long way
    if cardinality(job_ids) = 1 and cardinality(lease_tokens) = 1 and job_ids[1] is not null
        and lease_tokens[1] is not null and (results is null or array_dims(results) = '[1:1]')
    then
        job_id := job_ids[1];
        verdict := queue_internal.end_attempt(job_id, lease_tokens[1], 'succeeded', result => results[1]);
        return next;
        return;
    end if;
    perform queue_internal.check_pairs(job_ids, lease_tokens, cardinality(results));
    if lease_tokens[1] = all (lease_tokens) then
        v_done := queue_internal.complete_claim(lease_tokens[1], job_ids, results);
        v_keyed := v_done.keyed;
        v_jobs := v_done.done;
        v_tokens := array_fill(lease_tokens[1], array[coalesce(cardinality(v_jobs), 0)]);
    else
        for v_claim in
            select p.token, array_agg(p.job_id order by p.place) as job_ids, array_agg(p.result order by p.place) as results
            from unnest(job_ids, lease_tokens, results) with ordinality as p (job_id, token, result, place)
            where p.token is not null
            group by p.token
            order by p.token
        loop
            v_done := queue_internal.complete_claim(v_claim.token, v_claim.job_ids, v_claim.results);
            v_keyed := v_keyed or v_done.keyed;
            v_jobs := v_jobs || v_done.done;
            v_tokens := v_tokens || array_fill(v_claim.token, array[coalesce(cardinality(v_done.done), 0)]);
        end loop;
    end if;
    if v_keyed then
        perform queue_internal.release_keys(v_jobs);
    end if;
    if v_jobs is not null and queue_internal.has_dependents() then
        perform queue_internal.note_ended(v_jobs, true);
    end if;
    if cardinality(v_jobs) = cardinality(job_ids) then
        return query select j.job_id, 'ok'::queue.verdict from unnest(job_ids) as j (job_id);
    else
        return query select v.job_id, v.verdict
        from queue_internal.batch_verdicts(job_ids, lease_tokens, v_jobs, v_tokens) as v;
    end if;
end
$$;
comment on function queue.complete_batch(bigint[], bigint[], jsonb[]) is
    'complete() for many attempts: pairwise arrays; returns the verdict of each, in order.';
