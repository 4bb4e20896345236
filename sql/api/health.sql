create or replace function queue.health()
returns table (check_name text, ok boolean, detail text, hint text)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
-- One row for each thing that may be wrong; ok says whether it is not. Reads only.
declare
    v_ring queue_internal.rotation;
    v_horizon record;
    v_overdue interval;
    v_maintained timestamptz;
begin
    select r.* into v_ring from queue_internal.rotation as r where r.singleton;

    check_name := 'transaction ids';
    ok := not queue_internal.is_foreign();
    detail := case when ok then 'of this cluster' else 'of another cluster: the data was restored or copied' end;
    hint := case when not ok then 'run: select queue.maintain()' end;
    return next;

    check_name := 'maintenance';
    select u.maintained_at into v_maintained from queue_internal.upkeep as u where u.singleton;
    ok := coalesce(v_maintained > (select queue.now()) - interval '1 minute', false);
    detail := coalesce('last run ' || v_maintained, 'never ran');
    hint := case when not ok then 'run a worker, or call queue.maintain() about once a second' end;
    return next;

    select max((select queue.now()) - d.due_at) into v_overdue
    from queue_internal.lane as l
    left join lateral queue_internal.lane_cursor(l.lane) as c on true
    cross join lateral (
        select n.due_at
        from queue_internal.delivery as n
        where n.lane = l.lane and n.due_at is not null and n.due_at <= (select queue.now())
            and (n.due_at, n.id) > (coalesce(c.due_at, '-infinity'), coalesce(c.due_id, 0))
        order by n.due_at, n.id
        limit 1
    ) as d
    where l.purpose in ('waiting', 'leases');
    check_name := 'due jobs and leases';
    ok := coalesce(v_overdue < interval '1 minute', true);
    detail := case when v_overdue is null then 'none overdue' else 'oldest overdue by ' || v_overdue end;
    hint := case when not ok then 'run a worker, or call queue.maintain() about once a second' end;
    return next;

    select h.* into v_horizon from queue_internal.oldest_horizon() as h;
    check_name := 'snapshot horizon';
    ok := coalesce(v_horizon.age < interval '10 minutes', true);
    detail := coalesce('held for ' || v_horizon.age || ' by ' || v_horizon.holder, 'not held');
    hint := case
        when not ok then 'end that transaction: until then VACUUM frees nothing in the whole database'
        when not pg_has_role('pg_read_all_stats', 'usage') then
            format('only sessions of role %s were looked at: grant pg_read_all_stats to it', quote_ident(current_user))
    end;
    return next;

    check_name := 'storage rotation';
    ok := v_ring.switched_at > (select queue.now()) - 2 * coalesce(queue_internal.slot_age(), interval '100 years') - interval '10 minutes'
        and v_ring.switched_at < (select queue.now()) + interval '10 minutes';
    detail := 'slot ' || v_ring.slot || ' filled since ' || v_ring.switched_at || coalesce((
        select '; slot ' || a.slot || ' archived up to job ' || a.job_id
        from queue_internal.archiving as a where a.slot = (v_ring.slot + 1) % 3 and a.job_id > 0), '');
    hint := case when not ok then 'a transaction holds a slot''s tables, or maintain() does not run' end;
    return next;
end
$$;
comment on function queue.health() is
    'What may be wrong with the queues: one row a check, with detail and, when it is not ok, what to do.';
