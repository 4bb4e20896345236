-- Who is about to hand out, move or withdraw a delivery with a unique key first locks the row of the key, so that no
-- enqueue changes the job meanwhile; what is of an older revision is dropped.

create or replace function queue_internal.outdated(job_id bigint, revision int)
returns boolean
language plpgsql stable
as $$
-- Whether a delivery is of an older revision of its job. For jobs without a key: with one, its row says so. A job may
-- have ended in its new form, and given its key back, while its old form was put off.
begin
    return coalesce((queue_internal.latest(job_id)).revision, 0) > coalesce(revision, 0);
end
$$;

create or replace function queue_internal.hold_keys(lane bigint, keys queue_internal.row_keys)
returns queue_internal.row_keys
language plpgsql volatile
as $$
-- Those of the rows that a claim may hand out: not those of an older revision, nor those whose key an open transaction
-- holds, which may be changing the job; these are filed again a second ahead. Never waits.
declare
    v_row record;
    v_taken queue_internal.row_keys;
begin
    for v_row in
        with held as materialized (
            select u.job_id, u.revision
            from queue_internal.unique_key as u
            where u.job_id = any (keys.job_ids)
            for update skip locked
        )
        select k.slot, k.xid, k.id, k.attempt, d.delivery, case
            when (d.delivery).unique_key is null then 'taken'
            when h.revision is not null then
                case when h.revision = coalesce((d.delivery).revision, 0) then 'taken' else 'dropped' end
            when exists (select from queue_internal.unique_key as u where u.job_id = (d.delivery).job_id) then 'busy'
            when queue_internal.outdated((d.delivery).job_id, (d.delivery).revision) then 'dropped'
            else 'taken' end as fate
        from unnest(keys.slots, keys.xids, keys.ids, keys.attempts) with ordinality as k (slot, xid, id, attempt, place)
        cross join lateral (
            select i as delivery from queue_internal.delivery as i
            where i.slot = k.slot and i.lane = hold_keys.lane and i.xid = k.xid and i.id = k.id
        ) as d
        left join held as h on h.job_id = (d.delivery).job_id
        order by k.place
    loop
        if v_row.fate = 'taken' then
            v_taken.slots := v_taken.slots || v_row.slot;
            v_taken.xids := v_taken.xids || v_row.xid;
            v_taken.ids := v_taken.ids || v_row.id;
            v_taken.job_ids := v_taken.job_ids || (v_row.delivery).job_id;
            v_taken.attempts := v_taken.attempts || v_row.attempt;
        elsif v_row.fate = 'busy' then
            perform queue_internal.redeliver(v_row.delivery, (v_row.delivery).attempt, (v_row.delivery).lost,
                queue.now() + interval '1 second');
        end if;
    end loop;
    v_taken.keyed := true;
    return v_taken;
end
$$;

create or replace function queue_internal.hold_key(job_id bigint)
returns void
language plpgsql volatile
as $$
-- Keeps enqueues with the job's unique key from changing it until the end of the transaction. Errors: 55P03.
declare
    v_before text := current_setting('lock_timeout');
begin
    perform set_config('lock_timeout', '2000', true);
    perform from queue_internal.unique_key as u where u.job_id = hold_key.job_id for update;
    perform set_config('lock_timeout', v_before, true);
exception
    when lock_not_available then
        raise exception 'job % is being changed or claimed by an open transaction', job_id
            using errcode = '55P03', hint = 'try again';
end
$$;

create or replace function queue_internal.try_hold_key(job_id bigint, revision int)
returns boolean
language plpgsql volatile
as $$
-- The same for a delivery of a job, without waiting: false when a transaction holds the key, or the job was changed
-- since.
begin
    perform
    from queue_internal.unique_key as u
    where u.job_id = try_hold_key.job_id and u.revision = coalesce(try_hold_key.revision, 0)
    for update skip locked;
    return found or not exists (select from queue_internal.unique_key as u where u.job_id = try_hold_key.job_id)
        and not queue_internal.outdated(job_id, revision);
end
$$;

create or replace function queue_internal.key_fate(job_id bigint, revision int)
returns text
language plpgsql volatile
as $$
-- What a claim does with one delivery of a job with a unique key, by hold_keys' rules: taken, dropped, or busy.
begin
    return case
        when queue_internal.try_hold_key(job_id, revision) then 'taken'
        when exists (
            select from queue_internal.unique_key as u
            where u.job_id = key_fate.job_id and u.revision = coalesce(key_fate.revision, 0)) then 'busy'
        else 'dropped'
    end;
end
$$;
