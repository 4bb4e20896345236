create or replace function queue.verify()
returns table (check_name text, ok boolean, detail text)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
-- Whether what is stored fits together: one row a check. Each check reads everything, in one snapshot, in time that
-- grows with the history. Locks nothing, writes nothing.
declare
    v_check record;
    v_count bigint;
    v_first text;
begin
    check_name := 'transaction ids';
    ok := not queue_internal.is_foreign();
    detail := case when ok then 'of this cluster' else 'of another cluster: run queue.maintain()' end;
    return next;
    for v_check in
        select * from (values ('cursors', 'wrong_cursors'), ('lanes', 'wrong_lanes'), ('claims', 'wrong_claims'),
            ('leases', 'wrong_leases'), ('bodies', 'wrong_bodies'), ('unique keys', 'wrong_keys'),
            ('ended jobs', 'wrong_ends'), ('slots', 'wrong_slots')) as c (name, function)
    loop
        execute format('select count(*), min(f) from queue_internal.%I() as f', v_check.function)
        into v_count, v_first;
        check_name := v_check.name;
        ok := v_count = 0;
        detail := case when ok then 'consistent' else format('%s found, such as: %s', v_count, v_first) end;
        return next;
    end loop;
end
$$;
comment on function queue.verify() is
    'Whether the stored queues are consistent: cursors and logs, claims and leases, bodies, unique keys, ended jobs, '
    'slots. One row a check; reads everything, so now and then, not every minute.';
