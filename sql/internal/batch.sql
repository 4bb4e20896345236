create or replace function queue_internal.check_pairs(job_ids bigint[], lease_tokens bigint[], others int)
returns void
language plpgsql immutable
as $$
-- Pairwise arrays: one dimension, one length. Raises 22023.
begin
    if array_ndims(job_ids) > 1 or array_ndims(lease_tokens) > 1 then
        raise exception 'arrays must have one dimension'
            using errcode = '22023', hint = 'pass one element of each for every job';
    end if;
    if coalesce(cardinality(job_ids), 0) <> coalesce(cardinality(lease_tokens), 0)
        or others <> coalesce(cardinality(job_ids), 0)
    then
        raise exception 'arrays differ in length: % jobs, % tokens%', coalesce(cardinality(job_ids), 0),
            coalesce(cardinality(lease_tokens), 0), coalesce(', ' || others || ' results', '')
            using errcode = '22023', hint = 'pass one element of each for every job';
    end if;
end
$$;

create or replace function queue_internal.complete_whole(
    token bigint,
    home smallint,
    job_ids bigint[],
    attempts smallint[],
    shared boolean,
    results jsonb[]
)
returns bigint[]
language plpgsql volatile
as $$
-- Settles all jobs of a claim as succeeded; returns those for which this call was first. Who settles alone, and sees
-- that nothing of it is settled, needs no "on conflict", which writes a second WAL record for each row. Takes the lock
-- before it looks: the other way round it would not see what was committed in between.
declare
    v_now timestamptz := queue.now();
    v_done bigint[];
begin
    if shared and queue_internal.settle_alone(token) then
        insert into queue_internal.attempt (slot, lease_token, job_id, finished_at, attempt, outcome, result)
        select complete_whole.home, complete_whole.token, j.job_id, v_now, coalesce(j.attempt, 1), 'succeeded', j.result
        from unnest(job_ids, attempts, results) as j (job_id, attempt, result)
        where not exists (
            select from queue_internal.attempt as a
            where a.slot = complete_whole.home and a.lease_token = complete_whole.token);
        if found then
            return job_ids;
        end if;
    end if;
    with settled as (
        insert into queue_internal.attempt as a (slot, lease_token, job_id, finished_at, attempt, outcome, result)
        select complete_whole.home, complete_whole.token, j.job_id, v_now, coalesce(j.attempt, 1), 'succeeded', j.result
        from unnest(job_ids, attempts, results) as j (job_id, attempt, result)
        on conflict do nothing
        returning a.job_id
    )
    select array_agg(s.job_id) into v_done from settled as s;
    return v_done;
end
$$;

create or replace function queue_internal.complete_claim(
    token bigint,
    job_ids bigint[],
    results jsonb[],
    out done bigint[],
    out keyed boolean
)
language plpgsql volatile
as $$
-- Settles these jobs of one claim as succeeded; returns those for which this call was first, null for none, and whether
-- some may have unique keys. In the claim's order, as its reaper does: in another, two that share jobs would wait for
-- each other. For the same reason keys and jobs that wait for these are left to the caller: of all its claims at once.
declare
    v_claim record;
    v_whole boolean;
    v_now timestamptz := queue.now();
begin
    select c.slot, c.home, c.keyed, c.gate, c.attempts, coalesce(c.job_ids, c.ids) as jobs, c.receipts,
        queue_internal.is_shared(c.ids, c.xmin) as shared
    into v_claim
    from queue_internal.claim as c
    where c.token = complete_claim.token and c.token <> 0
    limit 1;
    if v_claim.slot = 3 then
        perform queue_internal.hold_ring();
    end if;
    v_whole := v_claim.jobs = job_ids;
    if not v_whole and cardinality(v_claim.jobs) = cardinality(job_ids)
        and (results is null or array_remove(results, null) = '{}')
    then  -- in another order: a claim hands out by transaction, its jobs may be returned by id
        v_whole := array(select unnest(v_claim.jobs) order by 1) = array(select unnest(job_ids) order by 1);
        results := null;
    end if;
    if v_claim.receipts then
        done := queue_internal.write_receipt(queue_internal.claim_of(token), job_ids, results);
    elsif v_whole and v_claim.slot <> 3 then
        done := queue_internal.complete_whole(token, v_claim.home, v_claim.jobs, v_claim.attempts, v_claim.shared, results);
    else
        if v_claim.shared then
            perform queue_internal.settle_beside(token);
        end if;
        with wanted as (
            select p.job_id, min(p.result::text)::jsonb as result
            from unnest(job_ids, results) as p (job_id, result)
            group by p.job_id
        ),
        settled as (
            insert into queue_internal.attempt as a (slot, lease_token, job_id, finished_at, attempt, outcome, result)
            select v_claim.home, complete_claim.token, j.job_id, v_now, coalesce(j.attempt, 1), 'succeeded', w.result
            from unnest(v_claim.jobs, v_claim.attempts) with ordinality as j (job_id, attempt, place)
            join wanted as w on w.job_id = j.job_id
            where v_claim.slot <> 3 or not exists (
                select from queue_internal.attempt_kept as k
                where k.lease_token = complete_claim.token and k.job_id = j.job_id)
            order by j.place
            on conflict do nothing
            returning a.job_id
        )
        select array_agg(s.job_id) into done from settled as s;
    end if;
    keyed := v_claim.keyed and done is not null;
    if v_claim.gate is not null and done is not null then
        perform queue_internal.make_room(v_claim.gate, token);
    end if;
end
$$;

create or replace function queue_internal.batch_verdicts(
    job_ids bigint[],
    lease_tokens bigint[],
    done_jobs bigint[],
    done_tokens bigint[]
)
returns table (job_id bigint, verdict queue.verdict)
language plpgsql stable
as $$
-- A verdict for each pair, in order; of a pair given twice only the first was settled.
begin
    return query
    select p.job_id,
        case when d.job_id is not null
            and p.place = min(p.place) over (partition by p.job_id, p.token) then 'ok'::queue.verdict
            else queue_internal.refusal(p.job_id, p.token)
        end
    from unnest(job_ids, lease_tokens) with ordinality as p (job_id, token, place)
    left join unnest(done_jobs, done_tokens) as d (job_id, token) on d.job_id = p.job_id and d.token = p.token
    order by p.place;
end
$$;
