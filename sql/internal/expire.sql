-- Leases that have ended: their jobs are reaped.

create or replace function queue_internal.reap_job(claim_row queue_internal.claim, job_id bigint)
returns boolean
language plpgsql volatile
as $$
-- Closes an expired attempt as WORKER_LOST, charged. A settle of the same attempt in a transaction that is still
-- open would make the insert wait for it: false after a few milliseconds, and nothing was done.
declare
    v_before text := current_setting('lock_timeout');
begin
    perform set_config('lock_timeout', '10', true);
    perform queue_internal.fail_attempt(claim_row, job_id, 'WORKER_LOST', format('lease of worker %s expired',
        quote_literal(claim_row.worker)), null, false, 'lost');
    perform set_config('lock_timeout', v_before, true);
    return true;
exception
    when lock_not_available then
        return false;
end
$$;

create or replace function queue_internal.expire(check_row queue_internal.delivery, max_jobs int)
returns int
language plpgsql volatile
as $$
-- Looks at a lease whose end has come: reaps what is unsettled and not extended. At most max_jobs jobs; the rest, what
-- could not be reaped now, and a claim whose heartbeat is in an open transaction, are filed again. Returns how many
-- were reaped; null when the claim has receipts and somebody is writing one, for which each of its jobs would wait.
declare
    v_claim queue_internal.claim;
    v_now timestamptz := queue.now();
    v_job bigint;
    v_reaped int := 0;
begin
    select * into v_claim from queue_internal.claim_of(check_row.lease_token);
    if v_claim.lane is null then
        return 0;
    end if;
    if not pg_try_advisory_xact_lock(queue_internal.lease_lock(v_claim.token)) then
        if exists (select from queue_internal.unsettled(v_claim, check_row.job_id)) then
            perform queue_internal.file_lease(check_row.queue, v_claim.token, check_row.job_id,
                v_now + interval '1 second');
        end if;
        return 0;
    end if;
    for v_job in
        select u.job_id
        from queue_internal.unsettled(v_claim, check_row.job_id) as u (job_id)
        where v_claim.leased_until <= v_now and (  -- as leased_until(), but one statement for all
            select d.due_at
            from queue_internal.delivery as d
            where d.job_id = u.job_id and d.lease_token = v_claim.token and d.due_at > v_now
            limit 1) is null
    loop
        if v_reaped >= max_jobs then
            perform queue_internal.file_lease(check_row.queue, v_claim.token, check_row.job_id, v_now);
            exit;
        end if;
        if queue_internal.reap_job(v_claim, v_job) then
            v_reaped := v_reaped + 1;
        elsif v_claim.receipts then
            perform queue_internal.file_lease(check_row.queue, v_claim.token, check_row.job_id, v_now + interval '1 second');
            return null;
        else
            perform queue_internal.file_lease(check_row.queue, v_claim.token, v_job, v_now + interval '1 second');
        end if;
    end loop;
    return v_reaped;
end
$$;

create or replace function queue_internal.live_leases(leases queue_internal.delivery[])
returns queue_internal.delivery[]
language plpgsql stable
as $$
-- Those of the leases that have ended which need a look, in order; null for none. Nearly all have been settled (what is
-- being kept stands in two slots for a while); of a job with heartbeats another row comes due later. Scalar subqueries:
-- the planner would hash an EXISTS over a whole table.
begin
    return (
        select array_agg(l order by l.due_at, l.id)
        from unnest(leases) as l
        where l.lease_token > 0 and case when l.job_id is null then
            (select count(distinct a.job_id) from queue_internal.settled as a where a.lease_token = l.lease_token)
                < (select cardinality(c.ids) from queue_internal.claim as c where c.token = l.lease_token limit 1)
        else
            (select a.job_id from queue_internal.settled as a
                where a.lease_token = l.lease_token and a.job_id = l.job_id limit 1) is null
            and (select d.id from queue_internal.delivery as d
                where d.job_id = l.job_id and d.lease_token = l.lease_token and d.due_at > queue.now()
                limit 1) is null
        end);
end
$$;

create or replace function queue_internal.count_leases(leases queue_internal.delivery[], max_jobs int)
returns int
language plpgsql stable
as $$
-- How many of the leases, from the first on, have max_jobs unsettled jobs between them; at least one.
begin
    return (
        select count(*) filter (where coalesce(r.jobs_before, 0) < max_jobs)
        from (
            select sum(j.jobs) over (order by j.ordinality rows between unbounded preceding and 1 preceding) as jobs_before
            from (
                select l.ordinality, case when l.job_id is not null then 1
                    else cardinality((queue_internal.claim_of(l.lease_token)).ids)
                        - (select count(distinct a.job_id) from queue_internal.settled as a where a.lease_token = l.lease_token)
                    end as jobs
                from unnest(leases) with ordinality as l
            ) as j
        ) as r);
end
$$;

create or replace function queue_internal.expire_all(
    leases queue_internal.delivery[],
    max_jobs int,
    file_rest boolean,
    out looked_at int,
    out stopped_at timestamptz,
    out stopped_id bigint
)
language plpgsql volatile
as $$
-- Looks at leases that have ended, the first ones, until max_jobs jobs were reaped: each costs a subtransaction. What
-- is left then is filed again with file_rest; without, stopped_at and stopped_id say which row was the last. Rows with
-- the lease_token 0 are looks at jobs that wait for others: one look at each does, and to look twice does no harm. Goes
-- by token and by the claim's order, as settlements do: so none of them waits for this one while it waits for them. The
-- timeout that would part them (reap_job) is measured by a clock that may be stepped back.
declare
    v_live queue_internal.delivery[];
    v_count int;
    v_row queue_internal.delivery;
    v_done int;
    v_stuck bigint;
    v_reaped int := 0;
begin
    select count(queue_internal.look_at_blocked(j.job_id, j.queue)) into looked_at
    from (select distinct l.job_id, l.queue from unnest(leases) as l where l.lease_token = 0) as j;
    v_live := queue_internal.live_leases(leases);
    if v_live is null then
        return;
    end if;
    v_count := queue_internal.count_leases(v_live, max_jobs);
    for v_row in
        select l.*
        from unnest(v_live[:v_count]) as l
        cross join lateral queue_internal.claim_of(l.lease_token) as c
        order by l.lease_token, array_position(coalesce(c.job_ids, c.ids), l.job_id) nulls first, l.id
    loop
        if v_row.lease_token = v_stuck then
            perform queue_internal.file_lease(v_row.queue, v_stuck, v_row.job_id, queue.now() + interval '1 second');
            continue;
        end if;
        v_done := queue_internal.expire(v_row, max_jobs - v_reaped);
        v_reaped := v_reaped + coalesce(v_done, 0);
        v_stuck := case when v_done is null then v_row.lease_token end;
        looked_at := looked_at + 1;
    end loop;
    if v_count = cardinality(v_live) then
        return;
    elsif not file_rest then
        stopped_at := v_live[v_count].due_at;
        stopped_id := v_live[v_count].id;
        return;
    end if;
    foreach v_row in array v_live[v_count + 1:] loop
        perform queue_internal.expire(v_row, 0);
        looked_at := looked_at + 1;
    end loop;
end
$$;
