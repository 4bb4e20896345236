create or replace function queue_internal.claim_of(lease_token bigint)
returns queue_internal.claim
language plpgsql stable
as $$
-- The claim a lease token belongs to. A copy in the last slot says the same as the row it was copied from.
declare
    v_row queue_internal.claim;
begin
    select c.* into v_row
    from queue_internal.claim as c
    where c.token = claim_of.lease_token and c.token <> 0
    limit 1;
    return v_row;
end
$$;

create or replace function queue_internal.slot_of(lease_token bigint)
returns smallint
language sql immutable
as $$
    -- The slot in which its claim was written, as its lowest bits say: whoever looks there spares the other partitions.
    -- The claim may have been moved since.
    select (lease_token & 3)::smallint
$$;

create or replace function queue_internal.refusal(job_id bigint, lease_token bigint)
returns queue.verdict
language plpgsql stable
as $$
-- Why a settle call changed nothing.
begin
    return case
        when exists (select from queue_internal.canceled as c where c.job_id = refusal.job_id)
            or exists (
                select from queue_internal.settled as a
                where a.lease_token = refusal.lease_token and a.job_id = refusal.job_id and a.outcome = 'canceled')
            then 'canceled'::queue.verdict
        when exists (select from queue_internal.delivery as d where d.job_id = refusal.job_id)
            then 'stale'::queue.verdict
        else 'missing'::queue.verdict
    end;
end
$$;

create or replace function queue_internal.is_shared(ids bigint[], claimed_by xid default null)
returns boolean
language sql stable
as $$
    -- Whether settlements of a claim with these deliveries take the claim's lock. For few jobs it costs more than it
    -- spares; and each takes room in the server's lock table, which a transaction that settles thousands of claims
    -- would fill. What this very transaction has claimed nobody else can settle.
    select cardinality(ids) >= 8 and (claimed_by = pg_current_xact_id_if_assigned()::xid) is not true
$$;

create or replace function queue_internal.settle_beside(lease_token bigint)
returns void
language plpgsql volatile
as $$
-- For a claim that is_shared(), before an attempt of it is settled: says until the transaction's end that somebody
-- settles some of it. Waits for who settles the whole claim, as the attempt's key would. The keys of lanes are not
-- negative, these are.
begin
    if not pg_try_advisory_xact_lock_shared(-lease_token) then
        perform pg_advisory_xact_lock_shared(-lease_token);
    end if;
end
$$;

create or replace function queue_internal.settle_alone(lease_token bigint)
returns boolean
language plpgsql volatile
as $$
-- The same, for who settles the whole claim. True: nobody else settles any of it until this transaction ends, and who
-- did before has committed or rolled back, so that the next statement sees what is settled. Only tries to be alone; and
-- an old snapshot would not show it.
begin
    if current_setting('transaction_isolation') not in ('repeatable read', 'serializable')
        and pg_try_advisory_xact_lock(-lease_token)
    then
        return true;
    end if;
    perform queue_internal.settle_beside(lease_token);
    return false;
end
$$;

create or replace function queue_internal.close_attempt(
    claim_row queue_internal.claim,
    job_id bigint,
    outcome queue_internal.outcome,
    error_code text default null,
    error_message text default null,
    result jsonb default null
)
returns boolean
language plpgsql volatile
as $$
-- The fence: true for whoever settles the attempt first. Everything that follows from a settle hangs on it.
declare
    v_place int := array_position(coalesce(claim_row.job_ids, claim_row.ids), job_id);
begin
    if v_place is null then
        return false;
    end if;
    if claim_row.slot = 3 then
        perform queue_internal.hold_ring();
        if exists (
            select from queue_internal.attempt_kept as a
            where a.lease_token = claim_row.token and a.job_id = close_attempt.job_id
        ) then
            return false;
        end if;
    end if;
    if claim_row.receipts then
        if queue_internal.write_receipt(claim_row, array[job_id], array[result], outcome = 'succeeded') is null then
            return false;
        end if;
    end if;
    if not claim_row.receipts or outcome <> 'succeeded' then
        if queue_internal.is_shared(claim_row.ids) and not claim_row.receipts then
            perform queue_internal.settle_beside(claim_row.token);
        end if;
        insert into queue_internal.attempt (slot, lease_token, job_id, finished_at, attempt, outcome, error_code,
            error_message, result)
        values (claim_row.home, claim_row.token, close_attempt.job_id, queue.now(),
            coalesce(claim_row.attempts[v_place], 1), close_attempt.outcome, close_attempt.error_code,
            close_attempt.error_message, close_attempt.result)
        on conflict do nothing;
        if not found then
            return false;
        end if;
    end if;
    if claim_row.gate is not null then
        perform queue_internal.make_room(claim_row.gate, claim_row.token);
    end if;
    return true;
end
$$;

create or replace function queue_internal.end_attempt(
    job_id bigint,
    lease_token bigint,
    outcome queue_internal.outcome,
    error_message text default null,
    result jsonb default null
)
returns queue.verdict
language plpgsql volatile
as $$
-- Settles an attempt that ends its job. As close_attempt does, with less to read and to hand over where the claim
-- stands in its slot and has no receipts, which is nearly always.
declare
    v_home smallint;
    v_attempt smallint;
    v_keyed boolean;
    v_gate text;
    v_shared boolean;
    v_claim queue_internal.claim;
begin
    select c.home, coalesce(c.attempts[p.place], 1), c.keyed, c.gate, queue_internal.is_shared(c.ids, c.xmin)
    into v_home, v_attempt, v_keyed, v_gate, v_shared
    from queue_internal.claim as c
    cross join lateral (select array_position(coalesce(c.job_ids, c.ids), end_attempt.job_id) as place) as p
    where c.slot = queue_internal.slot_of(lease_token) and c.token = lease_token and c.token <> 0 and c.slot < 3
        and not c.receipts and p.place is not null
    limit 1;
    if v_home is null then
        v_claim := queue_internal.claim_of(lease_token);
        v_keyed := v_claim.keyed;
        if not queue_internal.close_attempt(v_claim, job_id, outcome, error_message => end_attempt.error_message,
            result => end_attempt.result)
        then
            return queue_internal.refusal(job_id, lease_token);
        end if;
    else
        if v_shared then
            perform queue_internal.settle_beside(lease_token);
        end if;
        insert into queue_internal.attempt (slot, lease_token, job_id, finished_at, attempt, outcome, error_message, result)
        values (v_home, end_attempt.lease_token, end_attempt.job_id, queue.now(), v_attempt, end_attempt.outcome,
            end_attempt.error_message, end_attempt.result)
        on conflict do nothing;
        if not found then
            return queue_internal.refusal(job_id, lease_token);
        elsif v_gate is not null then
            perform queue_internal.make_room(v_gate, lease_token);
        end if;
    end if;
    if v_keyed then
        perform queue_internal.release_keys(array[job_id]);
    end if;
    if queue_internal.has_dependents() then
        perform queue_internal.note_ended(array[job_id], true);
    end if;
    return 'ok'::queue.verdict;
end
$$;

create or replace function queue_internal.requeue_attempt(
    job_id bigint,
    lease_token bigint,
    outcome queue_internal.outcome,
    ready_at timestamptz
)
returns queue.verdict
language plpgsql volatile
as $$
-- Settles an attempt that is not charged: the same attempt number is delivered again.
declare
    v_claim queue_internal.claim;
    v_source queue_internal.delivery;
begin
    select * into v_claim from queue_internal.claim_of(lease_token);
    if not queue_internal.close_attempt(v_claim, job_id, outcome) then
        return queue_internal.refusal(job_id, lease_token);
    end if;
    select * into v_source from queue_internal.latest(job_id);
    if v_source.id is null then
        perform queue_internal.hold_ring();  -- as in fail_attempt
        return 'ok'::queue.verdict;
    end if;
    perform queue_internal.redeliver(v_source, v_source.attempt, v_source.lost, ready_at);
    return 'ok'::queue.verdict;
end
$$;
