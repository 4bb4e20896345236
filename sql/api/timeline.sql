create or replace function queue.timeline(job_id bigint)
returns table (at timestamptz, event text, attempt int, worker text, detail text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- What happened to a job, oldest first, and when it is due next; nothing for an unknown id. Events: enqueued, claimed,
-- due, throttled (while it was waiting, a limit kept a claim from jobs of its queue or group), blocked, unblocked,
-- replaced, rescheduled, canceled, dead, retried, redriven, replayed, and the outcomes of queue.attempt. Lineage: the
-- detail of enqueued names the job that this one repeats, that of replayed a job that repeats this one.
declare
    v_at record;
begin
    select * into v_at from queue_internal.standing(job_id);
    if v_at.state is null then
        return;
    end if;
    return query
    with tried as materialized (
        select a.* from queue_internal.attempts_of(job_id, v_at.last) as a
    )
    select e.at, e.event, e.attempt, e.worker, e.detail
    from (
        select (v_at.latest).enqueued_at as at, 0 as rank, 'enqueued' as event, null::int as attempt,
            null::text as worker, 'replay of job ' || (v_at.latest).replay_of as detail
        union all
        select a.claimed_at, 1, 'claimed', a.attempt, a.worker, null
        from tried as a
        where a.claimed_at is not null
        union all
        select a.finished_at, 2, a.outcome, a.attempt, a.worker, nullif(concat_ws(': ', a.error_code, a.error_message), '')
        from tried as a
        union all
        select (v_at.claim).claimed_at, 1, 'claimed', v_at.attempt, (v_at.claim).worker,
            'leased until ' || queue_internal.leased_until(v_at.claim, timeline.job_id)
        where v_at.state = 'running'
        union all
        select (v_at.latest).due_at, 3, 'due', (v_at.latest).attempt::int, null, null
        where v_at.state in ('scheduled', 'retrying')
        union all
        select t.at, t.rank, t.event, t.attempt, null, t.detail
        from queue_internal.events_of(job_id) as t
        where t.event <> 'canceled'
            or not exists (select from tried as a where a.outcome = 'canceled' and a.finished_at = t.at)
        union all
        select p.at, 2, 'throttled', null, null, concat_ws(': ', p.reason_code,
            'group ' || quote_literal(nullif(p.group_key, '')))
        from queue_internal.policy_decision as p
        where p.queue = (v_at.latest).queue and p.at >= (v_at.latest).enqueued_at
            and p.group_key in ('', coalesce((v_at.latest).group_key, '')) and not exists (
                select from tried as a
                where p.at between a.claimed_at and a.finished_at)
            and p.at < coalesce(
                case when v_at.state = 'running' then (v_at.claim).claimed_at end,
                case when v_at.state in ('succeeded', 'skipped', 'canceled', 'dead') then (v_at.last).finished_at end,
                'infinity')
    ) as e
    order by e.at, e.rank;
end
$$;
comment on function queue.timeline(bigint) is
    'What happened to a job, oldest first: enqueued, claimed, the outcome of each attempt, throttled, blocked, '
    'unblocked, replaced, rescheduled, canceled, dead, retried, redriven, replayed; and when it is due next';
