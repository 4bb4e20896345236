create or replace function queue_internal.oldest_horizon()
returns table (holder text, age interval)
language sql stable
as $$
    -- Who keeps VACUUM from freeing rows for longest: a session, a prepared transaction; slots have no age.
    select h.holder, now() - h.since
    from (
        select format('session %s (%s, %s)', a.pid, coalesce(a.usename::text, '?'), coalesce(a.state, '?')) as holder,
            a.xact_start as since
        from pg_stat_activity as a
        where a.backend_xmin is not null and a.pid <> pg_backend_pid() and a.xact_start is not null
        union all
        select format('prepared transaction %s', quote_literal(p.gid)), p.prepared
        from pg_prepared_xacts as p
    ) as h
    order by h.since
    limit 1
$$;
