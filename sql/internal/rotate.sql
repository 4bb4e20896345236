create or replace function queue_internal.slot_age()
returns interval
language sql stable
as $$
    -- How long a slot is filled: half the longest retention of any queue in use, so that a slot is emptied when its
    -- youngest row is as old as that retention.
    select greatest(max((select greatest(q.retention_finished, q.retention_attempts) from queue_internal.queue as q
        where q.name in (l.queue, '') order by q.name desc limit 1)) / 2, interval '1 second')
    from (select distinct k.queue from queue_internal.lane as k where not k.dropped) as l
$$;

create or replace function queue_internal.carry_slot(slot int, max_rows int)
returns int
language plpgsql volatile
as $$
-- Moves a bounded share of what is still needed out of a slot; zero when nothing was left.
declare
    v_lane record;
    v_moved int := 0;
begin
    for v_lane in
        select distinct l.lane, l.queue, l.purpose, l.purpose in ('waiting', 'leases') as waits
        from queue_internal.lane as l
        where l.purpose <> 'blocked'
    loop
        exit when v_moved >= max_rows;
        if v_lane.purpose in ('throttled', 'freed') then
            v_moved := v_moved + queue_internal.carry_gate(v_lane.queue, v_lane.lane, v_lane.purpose, slot,
                max_rows - v_moved);
        elsif v_lane.waits then
            v_moved := v_moved + queue_internal.carry_waiting(v_lane.lane, slot, max_rows - v_moved);
        else
            v_moved := v_moved + queue_internal.carry_lane(v_lane.lane, slot, max_rows - v_moved);
        end if;
        v_moved := v_moved + queue_internal.carry_cursor(v_lane.lane, slot);
    end loop;
    -- After all lanes: what a claim has set aside for a limit since, perhaps the queue's first; where it came from then
    -- counts as handed out. Last, what outlives the slot is copied, for then it is known.
    return case
        when v_moved > 0 then v_moved
        when exists (select from queue_internal.throttled as b where b.slot = carry_slot.slot) then 1
        else queue_internal.keep(slot, max_rows => 3 * max_rows) end;
end
$$;

create or replace function queue_internal.slot_tables(slot int)
returns regclass[]
language sql immutable
as $$
    -- In the order in which claims and settlements lock them: in another, each would wait for the other.
    select array[
        format('queue_internal.claim_%s', slot)::regclass,
        format('queue_internal.attempt_%s', slot)::regclass,
        format('queue_internal.delivery_%s', slot)::regclass]
$$;

create or replace function queue_internal.holds_slots()
returns boolean
language sql volatile
as $$
    -- Whether this transaction keeps everybody from a slot's tables, until it ends.
    select exists (
        select from pg_locks as l
        where l.pid = pg_backend_pid() and l.mode = 'AccessExclusiveLock' and l.granted
            and l.relation in (select unnest(queue_internal.slot_tables(n)::oid[]) from generate_series(0, 2) as n))
$$;

create or replace function queue_internal.held_since(slot int)
returns timestamptz
language plpgsql volatile
as $$
-- When the oldest other transaction began that has a lock on one of a slot's tables: -infinity for a prepared one, null
-- when none has. One whose age this owner may not see is taken for a young one.
begin
    return (
        select min(coalesce(a.xact_start, case when a.pid is null then '-infinity' else clock_timestamp() end))
        from pg_locks as l
        left join pg_stat_activity as a on a.pid = l.pid
        where l.relation = any (queue_internal.slot_tables(slot)::oid[]) and l.pid is distinct from pg_backend_pid()
            and l.database = (select d.oid from pg_database as d where d.datname = current_database()));
end
$$;

create or replace function queue_internal.lock_slot(slot int)
returns boolean
language plpgsql volatile
as $$
-- Locks a slot's tables against everybody, or gives up: at once when a transaction older than a quarter of a second
-- holds one (a dump may for an hour), else after 20 milliseconds, so that a claim never queues behind this for longer.
declare
    v_tables regclass[] := queue_internal.slot_tables(slot);
    v_before text := current_setting('lock_timeout');
begin
    if queue_internal.held_since(slot) < clock_timestamp() - interval '250 milliseconds' then
        return false;
    end if;
    perform set_config('lock_timeout', '20', true);
    execute format('lock table %s, %s, %s in access exclusive mode', v_tables[1], v_tables[2], v_tables[3]);
    perform set_config('lock_timeout', v_before, true);
    return true;
exception
    when lock_not_available then
        return false;
end
$$;

create or replace function queue_internal.is_carried(slot int, seen pg_snapshot)
returns boolean
language plpgsql volatile
as $$
-- Whether nothing was written to the slot, and no cursor stands in it, since all that was seen in it was moved, and no
-- dead letter names it that somebody is reviving. Not from the snapshot's oldest transaction on, which may be older than
-- the slot.
declare
    v_open xid8[] := array(select pg_snapshot_xip(seen));
begin
    return not exists (
        select
        from (select distinct k.lane from queue_internal.lane as k) as l
        cross join lateral (
            (select d.xid
            from queue_internal.delivery as d
            where d.slot = is_carried.slot and d.lane = l.lane and d.xid >= pg_snapshot_xmax(seen)
            limit 1)
            union all
            (select d.xid
            from queue_internal.delivery as d
            where d.slot = is_carried.slot and d.lane = l.lane and d.xid = any (v_open)
            limit 1)
        ) as late)
    and not exists (
        select from (select distinct k.lane from queue_internal.lane as k) as l
        where (queue_internal.lane_cursor(l.lane)).slot = is_carried.slot)
    and not exists (
        select from queue_internal.dead_letter as d where d.slot < 3 and d.slot = is_carried.slot);
end
$$;

create or replace function queue_internal.truncate_slot(slot int)
returns void
language plpgsql volatile
as $$
declare
    v_tables regclass[] := queue_internal.slot_tables(slot);
begin
    delete from queue_internal.void as v
    using queue_internal.delivery as d
    where d.slot = truncate_slot.slot and d.lane = v.lane and d.id = v.id;
    delete from queue_internal.admitted as u
    where u.slot = truncate_slot.slot and not exists (
        select from queue_internal.delivery_kept as k where k.job_id = u.job_id and k.id = u.id);
    execute format('truncate %s, %s, %s', v_tables[1], v_tables[2], v_tables[3]);
    update queue_internal.archiving as a set job_id = 0 where a.slot = truncate_slot.slot and a.job_id > 0;
end
$$;

create or replace function queue_internal.note_carried(at timestamptz, seen pg_snapshot, since timestamptz)
returns void
language plpgsql volatile
as $$
-- Notes since when nothing is left in the next slot, what was visible then, and since when what is settled there has
-- not been looked for; null: not any more. A time that is long ago is as good as none: then all is looked at again.
begin
    update queue_internal.emptying as e
    set carried_at = note_carried.at, carried_snapshot = note_carried.seen, looked_at = null,
        settled_since = case when note_carried.since > note_carried.at - interval '1 minute' then note_carried.since end
    where e.singleton and e.carried_at is distinct from note_carried.at;
end
$$;

create or replace function queue_internal.hold_ring_alone()
returns boolean
language plpgsql volatile
as $$
-- The lock on the ring's row, or false: never waits for one who wants the slots to stay as they are.
begin
    perform from queue_internal.rotation as r where r.singleton for no key update skip locked;
    return found;
end
$$;

create or replace function queue_internal.switch_to(slot int)
returns void
language plpgsql volatile
as $$
begin
    update queue_internal.rotation as r
    set slot = switch_to.slot, switched_at = queue.now()
    where r.singleton;
    perform queue_internal.note_carried(null, null, null);
end
$$;

create or replace function queue_internal.is_fresh(ring queue_internal.rotation)
returns boolean
language plpgsql volatile
as $$
-- Whether the slot being filled is still to be filled. One that was switched to in the future, by a clock that has been
-- stepped back since, is filled from now on.
begin
    if ring.switched_at > queue.now() and queue_internal.hold_ring_alone() then
        perform queue_internal.switch_to(ring.slot);
    end if;
    return ring.switched_at > queue.now() - coalesce(queue_internal.slot_age(), interval '1 day');
end
$$;

create or replace function queue_internal.empty_slot(slot int, since timestamptz, seen pg_snapshot)
returns text
language plpgsql volatile
as $$
-- Truncates a slot of which nothing was left in seen, and that was settled in before since was copied; what it did.
-- Claims queue behind each try for the lock: not more than five a second, however many call maintain().
begin
    if (select e.tried_at from queue_internal.emptying as e) between queue.now() - interval '200 milliseconds'
        and queue.now()
    then
        return 'locked';
    elsif not queue_internal.is_carried(slot, seen) then
        perform queue_internal.note_carried(null, null, null);
        return 'carrying';
    end if;
    update queue_internal.emptying as e set tried_at = queue.now() where e.singleton;
    -- in this order: who shares the ring's row has locked the tables before, and they can be waited for
    if not queue_internal.lock_slot(slot) or not queue_internal.hold_ring_alone() then
        return 'locked';
    end if;
    perform queue_internal.keep(slot, since);
    if not queue_internal.is_carried(slot, seen) then
        perform queue_internal.note_carried(null, null, null);
        return 'carrying';
    end if;
    perform queue_internal.truncate_slot(slot);
    perform queue_internal.switch_to(slot);
    return 'rotated';
end
$$;

create or replace function queue_internal.rotate(max_rows int)
returns text
language plpgsql volatile
as $$
-- One step of the ring: when the slot being filled is old enough, empty the next one, then switch to it. Two calls at
-- least a second apart see a slot empty before it is truncated: every statement that began before the last row was
-- moved is over by then. The second looks for what changed since; it does for ten seconds of tries to get the lock, for
-- while claims are many the first may fail. Returns what it did. Does nothing in a transaction with an old snapshot,
-- which cannot see the rows that were committed since: TRUNCATE would drop them.
declare
    v_ring queue_internal.rotation;
    v_emptying queue_internal.emptying;
    v_next smallint;
    v_seen pg_snapshot;
    v_since timestamptz;
begin
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable')
        or not pg_try_advisory_xact_lock(queue_internal.lane_id('rotation', '', 0, 0, null))
    then
        return 'busy';
    end if;
    select r.* into v_ring from queue_internal.rotation as r where r.singleton;
    if queue_internal.is_fresh(v_ring) then
        return 'fresh';
    end if;
    v_next := (v_ring.slot + 1) % 3;
    select e.* into v_emptying from queue_internal.emptying as e where e.singleton;
    if v_emptying.looked_at between queue.now() - interval '10 seconds' and queue.now() then
        if queue_internal.archive_slot(v_next, 1000) > 0 then
            return 'archiving';
        end if;
        return queue_internal.empty_slot(v_next, v_emptying.settled_since, v_emptying.carried_snapshot);
    end if;
    -- What is settled in transactions that are open now is looked for again: at the second look, and once nobody can.
    v_since := least(queue_internal.held_since(v_next), queue.now() - interval '20 seconds');
    if v_emptying.carried_at is null or v_emptying.carried_at > queue.now() then
        v_seen := queue_internal.cursor_snapshot();  -- what this transaction has written itself was not moved
        if queue_internal.carry_slot(v_next, max_rows) > 0 then
            perform queue_internal.note_carried(null, null, null);
            return 'carrying';
        end if;
        perform queue_internal.note_carried(queue.now(), v_seen, v_since);
        return 'carried';
    elsif v_emptying.carried_at > queue.now() - interval '1 second' then
        return 'carried';
    elsif v_since < queue.now() - interval '1 minute' then
        return 'locked';  -- too long ago for what was settled since to be looked for while claims wait
    elsif queue_internal.keep(v_next, v_emptying.settled_since, 3 * max_rows) > 0 then
        return 'carrying';
    elsif queue_internal.archive_slot(v_next, 1000) > 0 then
        return 'archiving';
    end if;
    update queue_internal.emptying as e set looked_at = queue.now(), settled_since = v_since where e.singleton;
    return queue_internal.empty_slot(v_next, v_since, v_emptying.carried_snapshot);
end
$$;
