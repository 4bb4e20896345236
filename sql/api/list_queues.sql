create or replace function queue.list_queues()
returns table (queue text, paused boolean, options jsonb)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
-- Every queue that was created, configured or enqueued into, by name. options are those that configure_queue changes.
begin
    return query
    select n.name, o.paused, to_jsonb(o) - array['name', 'paused', 'created_at', 'guard', 'gated', 'lanes']
    from (
        select q.name from queue_internal.queue as q where q.name <> ''
        union
        select l.queue from queue_internal.lane as l where not l.dropped
    ) as n
    cross join lateral queue_internal.options(n.name) as o
    order by n.name collate "C";
end
$$;
comment on function queue.list_queues() is
    'Every queue by name, whether it is paused, and its other options: the defaults for one that nobody configured.';
