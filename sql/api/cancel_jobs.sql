create or replace function queue.cancel_jobs(
    queue text,
    state text default null,
    kind text default null,
    max_jobs int default 1000,
    dry_run boolean default false
)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off
as $$
-- Promise: jobs of the queue that have not ended are canceled as by cancel(), filtered, at most max_jobs: those that are
--     ready, then waiting, then blocked, then running. With dry_run nothing changes. Returns how many: call again until it is less
--     than max_jobs. A running job that is just being settled is left out.
-- States: ready, scheduled, retrying, blocked, running -> canceled.
-- Locks: the queue's lanes, in one order, each waited for at most half a second; until the transaction ends nothing of
--     them is claimed. Errors: 22023, 42704, 55P03 when a claim of it is in an open transaction.
declare
    v_lane record;
    v_count int := 0;
begin
    dry_run := coalesce(dry_run, false);  -- null would cancel without the lanes' locks
    perform queue_internal.require_queue(queue);
    if state not in ('ready', 'scheduled', 'retrying', 'blocked', 'running') then
        raise exception 'jobs in state % cannot be canceled', queue_internal.shown(state)
            using errcode = '22023', hint = 'use ready, scheduled, retrying, blocked, running, or none for all of them';
    end if;
    if max_jobs is null or max_jobs not between 1 and 100000 then
        raise exception 'max_jobs % is out of range', max_jobs using errcode = '22023', hint = 'use 1 to 100000';
    end if;
    for v_lane in
        select distinct l.lane, l.purpose = 'waiting' as waits
        from queue_internal.lane as l
        where l.queue = cancel_jobs.queue and not l.dropped
            and case cancel_jobs.state when 'ready' then l.purpose in ('ready', 'again', 'parked')
                when 'running' then false
                when 'blocked' then false
                when 'scheduled' then l.purpose = 'waiting'
                when 'retrying' then l.purpose = 'waiting'
                else l.purpose in ('ready', 'again', 'parked', 'waiting') end
        order by l.lane
    loop
        exit when v_count >= max_jobs;
        if not dry_run then
            perform queue_internal.need_lane(v_lane.lane, interval '500 milliseconds',
                format('queue %s is being claimed from', queue_internal.shown(queue)));
        end if;
        v_count := v_count + queue_internal.cancel_lane(v_lane.lane, v_lane.waits, state, kind, max_jobs - v_count,
            dry_run);
    end loop;
    if v_count < max_jobs and coalesce(state, 'ready') = 'ready' then
        v_count := v_count + queue_internal.cancel_throttled(queue, kind, max_jobs - v_count, dry_run);
    end if;
    if v_count < max_jobs and coalesce(state, 'blocked') = 'blocked' then
        v_count := v_count + queue_internal.cancel_all_blocked(queue, kind, max_jobs - v_count, dry_run);
    end if;
    if v_count < max_jobs and coalesce(state, 'running') = 'running' then
        v_count := v_count + queue_internal.cancel_running(queue, kind, max_jobs - v_count, dry_run);
    end if;
    return v_count;
end
$$;
comment on function queue.cancel_jobs(text, text, text, int, boolean) is
    'Cancels jobs of a queue by state (ready, scheduled, retrying, blocked, running; null for all) and kind, at most '
    'max_jobs (1 to 100000); returns how many it did, or with dry_run would do.';
