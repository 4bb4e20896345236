-- What is there already, and what the current role may do about it: one row; names are separated by commas. Reads the
-- catalogue only.
select
    (select pg_catalog.string_agg(nspname, ',' order by nspname)
        from pg_catalog.pg_namespace where nspname in ('queue', 'queue_internal')) as schemas,
    exists (
        select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'queue_internal' and c.relname = 'installation' and c.relkind = 'r') as has_installation,
    exists (
        select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'queue' and p.proname = 'version' and p.pronargs = 0) as has_version_function,
    (select extversion from pg_catalog.pg_extension where extname = 'quoll') as extension_version,
    (select pg_catalog.pg_get_userbyid(nspowner)::text
        from pg_catalog.pg_namespace where nspname = 'queue_internal') as owner,
    (select pg_catalog.pg_has_role(nspowner, 'usage')
        from pg_catalog.pg_namespace where nspname = 'queue_internal') as is_owner,
    (select pg_catalog.string_agg(r.name, ',' order by r.name)
        from pg_catalog.unnest(array['queue_producer', 'queue_worker', 'queue_operator', 'queue_monitor']) r(name)
        where not exists (select from pg_catalog.pg_roles where rolname = r.name)) as missing_roles,
    (select rolcreaterole or rolsuper from pg_catalog.pg_roles where rolname = current_user) as may_create_roles,
    pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create') as may_create_schemas,
    current_user::text as role,
    pg_catalog.current_database()::text as database;
