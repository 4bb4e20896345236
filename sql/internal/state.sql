create or replace function queue_internal.claim_for(lane bigint, xid xid8, id bigint)
returns queue_internal.claim
language plpgsql stable
as $$
-- The claim that handed a delivery out: the first of its lane from which on is_consumed holds, by binary search
-- over the lane's claims. No row when the delivery waits still, or when that claim is no longer kept.
declare
    v_low bigint := 0;
    v_high bigint;
    v_middle queue_internal.claim;
    v_found queue_internal.claim;
    v_unblocked record;
begin
    v_found := queue_internal.lane_cursor(lane);
    if not queue_internal.is_consumed(v_found, xid, id) then
        return null;
    end if;
    v_high := v_found.number;
    while v_low < v_high loop
        select c.* into v_middle
        from queue_internal.claim as c
        where c.lane = claim_for.lane and c.number >= (v_low + v_high) / 2
        order by c.number
        limit 1;
        if v_middle.number >= v_high or queue_internal.is_consumed(v_middle, xid, id) then
            v_high := least((v_low + v_high) / 2, v_middle.number);
            if queue_internal.is_consumed(v_middle, xid, id) then
                v_found := v_middle;
            end if;
        else
            v_low := v_middle.number + 1;
        end if;
    end loop;
    if id = any (v_found.ids) is not true then
        if exists (select from queue_internal.throttled as b where b.id = claim_for.id) then
            return null;
        end if;
        select queue_internal.claim_of(u.token) as claim into v_unblocked
        from queue_internal.admitted as u
        where u.id = claim_for.id;
        if found then
            return v_unblocked.claim;
        end if;
        -- After a rebase the old claims' snapshots say nothing any more: look for the id itself.
        select c.* into v_found
        from queue_internal.claim as c
        where c.lane = claim_for.lane and claim_for.id = any (c.ids)
        order by c.number desc
        limit 1;
    end if;
    return v_found;
end
$$;

create or replace function queue_internal.standing(
    job_id bigint,
    out state text,
    out attempt int,
    out latest queue_internal.delivery,
    out claim queue_internal.claim,
    out last queue_internal.settled
)
language plpgsql stable
as $$
-- Where a job stands: its state, how many attempts it was charged, its newest delivery, the claim that handed that
-- out and how the attempt ended. All null for an unknown job.
begin
    latest := queue_internal.latest(job_id);
    if latest.id is null then
        return;
    end if;
    attempt := latest.attempt - 1;
    claim := queue_internal.claim_for(latest.lane, latest.xid, latest.id);
    if claim.token <> 0 and latest.id = any (claim.ids) then
        attempt := latest.attempt;
        select a.* into last
        from queue_internal.settled as a
        where a.lease_token = claim.token and a.job_id = latest.job_id;
    end if;
    state := case
        when exists (select from queue_internal.canceled as c where c.job_id = latest.job_id) then 'canceled'
        when exists (select from queue_internal.dead_letter as d where d.job_id = latest.job_id) then 'dead'
        when last.outcome in ('succeeded', 'skipped', 'canceled') then last.outcome::text
        when last.outcome is not null then 'dead'
        when latest.id = any (claim.ids) then 'running'
        when latest.lane = queue_internal.lane_id('blocked', latest.queue, 0, 0, null) then 'blocked'
        when latest.lane <> queue_internal.lane_id('waiting', latest.queue, 0, 0, null) then
            case when queue_internal.is_consumed(queue_internal.lane_cursor(latest.lane), latest.xid, latest.id)
                and not exists (select from queue_internal.throttled as b where b.id = latest.id)
                then 'succeeded' else 'ready' end
        when latest.attempt > 1 then 'retrying'
        else 'scheduled'
    end;
end
$$;

create or replace function queue_internal.job_row(
    job_id bigint,
    out queue text,
    out kind text,
    out state text,
    out attempt int,
    out max_attempts int,
    out priority int,
    out run_at timestamptz,
    out enqueued_at timestamptz,
    out payload jsonb,
    out headers jsonb,
    out result jsonb,
    out unique_key text,
    out group_key text,
    out replay_of bigint,
    out routing_key text,
    out replayed_as bigint[]
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
-- What the view queue.job shows; definer, because a view's functions run with the rights of whoever reads it.
declare
    v_at record;
    v_body queue_internal.delivery;
begin
    select * into v_at from queue_internal.standing(job_id);
    v_body := queue_internal.body(job_id);
    queue := (v_at.latest).queue;
    kind := (v_at.latest).kind;
    state := v_at.state;
    attempt := v_at.attempt;
    max_attempts := (v_at.latest).max_attempts;
    priority := (v_at.latest).priority;
    run_at := coalesce((v_at.latest).due_at, (v_at.latest).enqueued_at);
    enqueued_at := (v_at.latest).enqueued_at;
    payload := v_body.payload;
    headers := v_body.headers;
    result := (v_at.last).result;
    unique_key := (v_at.latest).unique_key;
    group_key := (v_at.latest).group_key;
    replay_of := (v_at.latest).replay_of;
    routing_key := (v_at.latest).routing_key;
    replayed_as := (select array_agg(r.replayed_as order by r.replayed_as) from queue_internal.replay as r
        where r.job_id = job_row.job_id);
end
$$;
