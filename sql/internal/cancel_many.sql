-- Canceling by filter. What is not running is withdrawn a lane at a time, under the lane's lock (cancel_lane); what is
-- running, a job at a time.

create or replace function queue_internal.try_cancel(job_id bigint)
returns boolean
language plpgsql volatile
as $$
-- Cancels a running job; false when it has ended, null when somebody settles it in a transaction that is still open.
declare
    v_before text := current_setting('lock_timeout');
    v_state text;
begin
    perform set_config('lock_timeout', '10', true);
    v_state := queue_internal.cancel_once(job_id);
    perform set_config('lock_timeout', v_before, true);
    return coalesce(v_state = 'canceled', false);
exception
    when lock_not_available then
        return null;
end
$$;

create or replace function queue_internal.cancel_running(queue text, kind text, max_jobs int, dry_run boolean)
returns int
language plpgsql volatile
as $$
declare
    v_lane bigint := queue_internal.lane_id('leases', queue, 0, 0, null);
    v_row record;
    v_done boolean := true;
    v_busy bigint[];
    v_count int := 0;
begin
    for v_row in
        select distinct on (u.job_id) u.job_id, t.token, c.receipts
        from queue_internal.open_leases(v_lane) as t (token)
        cross join lateral queue_internal.claim_of(t.token) as c
        cross join lateral queue_internal.unsettled(c) as u (job_id)
        where cancel_running.kind is null or (queue_internal.latest(u.job_id)).kind = cancel_running.kind
        order by u.job_id
    loop
        exit when v_count >= max_jobs;
        continue when v_row.token = any (v_busy);
        if not dry_run then
            v_done := queue_internal.try_cancel(v_row.job_id);
        end if;
        if v_done then
            v_count := v_count + 1;
        elsif v_done is null and v_row.receipts then
            v_busy := v_busy || v_row.token;  -- somebody is settling of it: each of its jobs would wait for that
        end if;
    end loop;
    return v_count;
end
$$;

create or replace function queue_internal.cancel_throttled(queue text, kind text, max_jobs int, dry_run boolean)
returns int
language plpgsql volatile
as $$
-- Cancels jobs that a limit holds back. Errors: 55P03.
declare
    v_ids bigint[] := array(
        select b.id from queue_internal.throttled as b
        where b.queue = cancel_throttled.queue and (cancel_throttled.kind is null or b.kind = cancel_throttled.kind)
        order by b.id
        limit cancel_throttled.max_jobs);
    v_jobs bigint[];
begin
    if dry_run or v_ids = '{}' then
        return cardinality(v_ids);
    end if;
    perform queue_internal.need_lane(queue_internal.gate_lock(queue), interval '500 milliseconds',
        format('queue %s is being claimed from', queue_internal.shown(queue)));
    select array_agg(b.job_id), array_agg(b.id) into v_jobs, v_ids
    from queue_internal.throttled as b
    where b.id = any (v_ids)
        and (not b.keyed or queue_internal.try_hold_key(b.job_id, (queue_internal.latest(b.job_id)).revision));
    perform queue_internal.unthrottle(v_ids, queue);
    insert into queue_internal.canceled (job_id, canceled_at) select j.job_id, queue.now()
    from unnest(v_jobs) as j (job_id)
    on conflict do nothing;
    perform queue_internal.release_keys(v_jobs, false);
    if queue_internal.has_dependents() then
        perform queue_internal.note_ended(v_jobs, false);
    end if;
    return coalesce(cardinality(v_jobs), 0);
end
$$;

create or replace function queue_internal.cancel_all_blocked(queue text, kind text, max_jobs int, dry_run boolean)
returns int
language plpgsql volatile
as $$
-- Cancels jobs that wait for others, but for those that are just being moved on.
declare
    v_job bigint;
    v_latest queue_internal.delivery;
    v_count int := 0;
begin
    for v_job in
        select b.job_id
        from queue_internal.blocked as b
        where b.queue = cancel_all_blocked.queue and b.released_at is null
        order by b.job_id
    loop
        exit when v_count >= max_jobs;
        v_latest := queue_internal.latest(v_job);
        continue when v_latest.kind <> cancel_all_blocked.kind;
        if not dry_run then
            perform from queue_internal.blocked as b where b.job_id = v_job and b.released_at is null for update skip locked;
            continue when not found;
            update queue_internal.blocked as b set released_at = queue.now() where b.job_id = v_job;
            perform queue_internal.cancel_blocked(v_latest);
        end if;
        v_count := v_count + 1;
    end loop;
    return v_count;
end
$$;
