-- How an idle claim knows, without looking at the lanes, that nothing is there. A look that finds every lane empty is
-- recorded under the number that the queue's bell showed before it. Whatever is put into a lane later sets the bell to
-- 0, and no number comes twice. A transaction that read the bell before it was armed does not ring it; but it had its
-- id by then, so the look's snapshot lists it: such a transaction is pending, and its end calls for another look.

create or replace function queue_internal.is_idle(queue text, kinds text[], look bigint)
returns boolean
language plpgsql volatile
as $$
-- Whether a look of this number found nothing, and nothing can have come since: nothing was enqueued, nothing waits
-- that is due, no lease has ended. Like has_due it answers no now and then, for transactions that took longer than
-- their rows' wait.
declare
    v_now timestamptz := clock_timestamp();  -- a volatile function would be called for each row, not searched for
begin
    return exists (
        select
        from queue_internal.idle as i
        where i.look = is_idle.look and i.queue = is_idle.queue and i.kinds = coalesce(is_idle.kinds, '{}')
            and (i.pending is null or not exists (
                select from unnest(i.pending) as p (xid)
                where pg_visible_in_snapshot(p.xid, pg_current_snapshot()))))
    and not exists (
        select
        from queue_internal.lane as l
        left join lateral (
            select k.claimed_at, k.due_at, k.due_id
            from queue_internal.claim as k
            where k.lane = l.lane and k.slot < 3
            order by k.number desc
            limit 1
        ) as c on true
        where l.queue = is_idle.queue and l.purpose in ('waiting', 'leases')
            and (coalesce(c.claimed_at not between v_now - interval '500 milliseconds' and v_now + interval '1 second', true)
                or exists (
                    select
                    from queue_internal.delivery as d
                    where d.lane = l.lane and d.slot < 3 and d.due_at is not null
                        and (d.due_at, d.id) > (c.due_at, c.due_id) and d.due_at <= v_now
                    order by d.due_at, d.id
                    limit 1)));
end
$$;

create or replace function queue_internal.note_idle(queue text, kinds text[], look bigint, seen pg_snapshot)
returns void
language plpgsql volatile
as $$
-- Records a look that found nothing; seen was taken after the bell was read and before the lanes were. What was pending
-- at an earlier look of this number is all that can still be: every later transaction rings. Records nothing in a
-- transaction with an old snapshot, which was taken before the bell was read.
begin
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        return;
    end if;
    insert into queue_internal.idle (look, queue, kinds, pending)
    select note_idle.look, note_idle.queue, coalesce(note_idle.kinds, '{}'), array_agg(p.xid)
    from pg_snapshot_xip(seen) as p (xid)
    where not exists (
        select
        from queue_internal.idle as i
        where i.look = note_idle.look and i.queue = note_idle.queue and i.kinds = coalesce(note_idle.kinds, '{}')
            and p.xid = any (i.pending) is not true)
    having not exists (
        select
        from queue_internal.idle as i
        where i.look = note_idle.look and i.queue = note_idle.queue and i.kinds = coalesce(note_idle.kinds, '{}')
            and i.pending is null);
end
$$;

create or replace function queue_internal.tidy_idle()
returns int
language plpgsql volatile
as $$
-- Deletes records whose number is not on the bell any more.
declare
    v_count int;
begin
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable')
        or not pg_try_advisory_xact_lock(queue_internal.lane_id('idle', '', 0, 0, null))
    then
        return 0;
    end if;
    delete from queue_internal.idle as i where i.look <> queue_internal.last_look(i.queue);
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
