create or replace function queue_internal.withdraw(source queue_internal.delivery)
returns boolean
language plpgsql volatile
as $$
-- Takes a waiting or ready delivery out of its lane, so that no claim hands it out; false when one has already.
-- The lane's lock, or the gate's where a limit holds the job back, keeps claims away between the look and the caller's
-- commit, the key's enqueues that would change the job. Errors: 55P03 when somebody holds one of them.
begin
    if source.unique_key is not null then
        perform queue_internal.hold_key(source.job_id);
    end if;
    if exists (select from queue_internal.throttled as b where b.id = source.id) then
        return queue_internal.unthrottle_one(source);
    end if;
    perform queue_internal.need_lane(source.lane, interval '2 seconds',
        format('job %s is being claimed', source.job_id));
    if (queue_internal.latest(source.job_id)).id is distinct from source.id then
        return false;
    end if;
    if (source.lane <> queue_internal.lane_id('waiting', source.queue, 0, 0, null)
        and queue_internal.is_consumed(queue_internal.lane_cursor(source.lane), source.xid, source.id))
    then
        return false;
    end if;
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        -- A claim that this snapshot does not show makes this 40001.
        perform queue_internal.move_cursor(queue_internal.open_lane(source.lane));
    end if;
    insert into queue_internal.void (lane, id) values (source.lane, source.id) on conflict do nothing;
    return found;
end
$$;

create or replace function queue_internal.cancel_once(job_id bigint)
returns text
language plpgsql volatile
as $$
-- One try to cancel; null when the job moved meanwhile and the caller should look again.
declare
    v_at record;
    v_canceled_at timestamptz;  -- when its attempt was, or it was released: of the two the timeline tells one
begin
    select * into v_at from queue_internal.standing(job_id);
    if v_at.state in ('succeeded', 'skipped', 'canceled', 'dead') then
        return v_at.state;
    elsif v_at.state = 'running' then
        if not queue_internal.close_attempt(v_at.claim, job_id, 'canceled') then
            return null;
        end if;
        select a.finished_at into v_canceled_at
        from queue_internal.attempt as a
        where a.lease_token = (v_at.claim).token and a.job_id = cancel_once.job_id;
    elsif v_at.state = 'blocked' then
        if not queue_internal.take_blocked(job_id) then
            return null;
        end if;
        select b.released_at into v_canceled_at from queue_internal.blocked as b where b.job_id = cancel_once.job_id;
    elsif not queue_internal.withdraw(v_at.latest) then
        return null;
    end if;
    insert into queue_internal.canceled (job_id, canceled_at)
    values (cancel_once.job_id, coalesce(v_canceled_at, queue.now()))
    on conflict do nothing;
    perform queue_internal.let_go(array[job_id]);
    if (v_at.latest).unique_key is not null then
        perform queue_internal.release_keys(array[job_id], false);
    end if;
    if queue_internal.has_dependents() then
        perform queue_internal.note_ended(array[job_id], false);
    end if;
    return 'canceled';
end
$$;
