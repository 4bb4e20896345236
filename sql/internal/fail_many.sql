-- What many failed attempts of one claim lead to: as fail_attempt for each, in a few statements for all.

create or replace function queue_internal.close_attempts(
    claim_row queue_internal.claim,
    failures queue_internal.failure[]
)
returns bigint[]
language plpgsql volatile
as $$
-- The fence for many attempts of a claim: the jobs for which this call was first, null for none. In the claim's order,
-- as every settlement. No job may be given twice.
declare
    v_jobs constant bigint[] := coalesce(claim_row.job_ids, claim_row.ids);
    v_done bigint[];
    v_failure queue_internal.failure;
begin
    if claim_row.receipts or claim_row.slot = 3 then
        for v_failure in
            select f.* from unnest(failures) as f order by array_position(v_jobs, f.job_id)
        loop
            if queue_internal.close_attempt(claim_row, v_failure.job_id, 'failed', v_failure.error_code,
                v_failure.error_message)
            then
                v_done := v_done || v_failure.job_id;
            end if;
        end loop;
        return v_done;
    end if;
    if queue_internal.is_shared(claim_row.ids) then
        perform queue_internal.settle_beside(claim_row.token);
    end if;
    with settled as (
        insert into queue_internal.attempt as a (slot, lease_token, job_id, finished_at, attempt, outcome, error_code,
            error_message)
        select claim_row.home, claim_row.token, j.job_id, queue.now(), coalesce(j.attempt, 1), 'failed',
            f.error_code, f.error_message
        from unnest(v_jobs, claim_row.attempts) with ordinality as j (job_id, attempt, place)
        join unnest(failures) as f on f.job_id = j.job_id
        order by j.place
        on conflict do nothing
        returning a.job_id
    )
    select array_agg(s.job_id) into v_done from settled as s;
    if claim_row.gate is not null and v_done is not null then
        perform queue_internal.make_room(claim_row.gate, claim_row.token);
    end if;
    return v_done;
end
$$;

create or replace function queue_internal.bury(failures queue_internal.failure[], reasons text[])
returns void
language plpgsql volatile
as $$
-- Makes the jobs of these failures dead, each for its reason.
declare
    v_jobs bigint[];
    v_keyed bigint[];
begin
    with dead as materialized (
        select d.queue, d.kind, d.attempt, d.slot, d.unique_key, f.*
        from unnest(failures, reasons) as f (job_id, error_code, error_message, retry_in, permanent, reason)
        cross join lateral queue_internal.latest(f.job_id) as d
    ),
    written as (
        insert into queue_internal.dead_letter (job_id, queue, kind, reason_code, error_code, error_message, dead_at,
            attempts, slot)
        select d.job_id, d.queue, d.kind, d.reason, d.error_code, d.error_message, queue.now(), d.attempt, d.slot
        from dead as d
        on conflict do nothing  -- an error here would stop every later maintain() at this job
    )
    select array_agg(d.job_id), array_agg(d.job_id) filter (where d.unique_key is not null) into v_jobs, v_keyed
    from dead as d;
    if v_keyed is not null then
        perform queue_internal.release_keys(v_keyed, false);
    end if;
    if queue_internal.has_dependents() then
        perform queue_internal.note_ended(v_jobs, false);
    end if;
end
$$;

create or replace function queue_internal.retry_later(queue text, jobs bigint[], ready_at timestamptz[])
returns void
language plpgsql volatile
as $$
-- Appends the next attempt of each, due then: as redeliver().
declare
    v_slot smallint;
    v_lane bigint := queue_internal.ensure_lane('waiting', queue);
begin
    select r.slot into v_slot from queue_internal.rotation as r where r.singleton;
    insert into queue_internal.delivery (slot, lane, id, job_id, due_at, enqueued_at, replay_of, priority, attempt,
        lost, max_attempts, revision, queue, kind, unique_key, group_key, routing_key, headers, payload)
    select v_slot, v_lane, nextval('queue_internal.job_id'), d.job_id, j.ready_at, d.enqueued_at, d.replay_of, d.priority,
        d.attempt + 1, d.lost, d.max_attempts, d.revision, d.queue, d.kind, d.unique_key, d.group_key, d.routing_key,
        b.headers, b.payload
    from unnest(jobs, retry_later.ready_at) as j (job_id, ready_at)
    cross join lateral (
        select k.*
        from queue_internal.delivery as k
        where k.job_id = j.job_id and k.lease_token is null
        order by k.revision desc nulls last, k.id desc, k.slot desc
        limit 1
    ) as d
    left join lateral (
        select k.headers, k.payload
        from queue_internal.delivery as k
        where d.slot <> v_slot and k.job_id = j.job_id and k.payload is not null
        order by k.revision desc nulls last, k.id desc, k.slot desc
        limit 1
    ) as b on true;
end
$$;

create or replace function queue_internal.fail_attempts(
    claim_row queue_internal.claim,
    failures queue_internal.failure[],
    out done bigint[],
    out dead queue_internal.failure[],
    out reasons text[]
)
language plpgsql volatile
as $$
-- running -> retrying. Returns the jobs for which this call was first, null for none, and those of the failures of
-- which the job is to be dead, and why: the caller buries the dead of all its claims at once, in one order.
declare
    v_now timestamptz := queue.now();
    v_options queue_internal.queue;
    v_found int;
    v_queue text;
    v_soon bigint[];
    v_later bigint[];
    v_ready_at timestamptz[];
    v_source queue_internal.delivery;
begin
    done := queue_internal.close_attempts(claim_row, failures);
    if done is null then
        return;
    end if;
    v_options := queue_internal.options((queue_internal.latest(done[1])).queue);
    with failed as materialized (
        select d.*, f as failure, v_now + coalesce(f.retry_in, queue_internal.backoff(v_options, d.attempt)) as ready_at,
            queue_internal.reason_to_die(v_options, f.permanent or f.error_code = any (v_options.permanent_codes),
                'failed', d.attempt >= d.max_attempts, d.lost) as reason
        from unnest(failures) as f
        cross join lateral (
            select k.job_id, k.queue, k.attempt, k.max_attempts, k.lost
            from queue_internal.delivery as k
            where k.job_id = f.job_id and k.lease_token is null
            order by k.revision desc nulls last, k.id desc, k.slot desc
            limit 1
        ) as d
        where f.job_id = any (done)
    )
    select count(*), min(f.queue), array_agg(f.failure) filter (where f.reason is not null),
        array_agg(f.reason) filter (where f.reason is not null),
        array_agg(f.job_id) filter (where f.reason is null and f.ready_at <= v_now),
        array_agg(f.job_id) filter (where f.reason is null and f.ready_at > v_now),
        array_agg(f.ready_at) filter (where f.reason is null and f.ready_at > v_now)
    into v_found, v_queue, dead, reasons, v_soon, v_later, v_ready_at
    from failed as f;
    if v_found < cardinality(done) then
        perform queue_internal.hold_ring();  -- as in fail_attempt
    end if;
    if v_later is not null then
        perform queue_internal.retry_later(v_queue, v_later, v_ready_at);
    end if;
    if v_soon is not null then
        for v_source in
            select d.* from unnest(v_soon) as j (job_id) cross join lateral queue_internal.latest(j.job_id) as d
        loop
            perform queue_internal.redeliver(v_source, v_source.attempt + 1, v_source.lost, v_now);
        end loop;
    end if;
end
$$;
