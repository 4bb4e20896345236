create or replace function queue.version()
returns text
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
    select i.version from queue_internal.installation as i order by i.installed_at desc limit 1
$$;
comment on function queue.version() is 'The installed version, as text: 0.1.0';
