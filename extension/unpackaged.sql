\echo Use "alter extension quoll update" to load this file. \quit
-- The second step from a plain install to the extension: every object of the install becomes the extension's.
do $unpackaged$
declare
    v_object text;
    v_installed text := (select version from queue_internal.installation order by installed_at desc limit 1);
begin
    if v_installed is distinct from '@VERSION@' then
        raise exception 'the plain install is of version %, and this extension of @VERSION@', v_installed
            using errcode = '55000', hint = 'bring it to version @VERSION@ with qinstall upgrade';
    end if;
    for v_object in
        with ours as (
            select oid, nspname from pg_catalog.pg_namespace where nspname in ('queue', 'queue_internal')
        ), part(step, name, object) as (
            select 1, nspname, pg_catalog.format('schema %I', nspname) from ours
            union all
            select 2, t.typname, pg_catalog.format('%s %I.%I',
                case t.typtype when 'd' then 'domain' else 'type' end, o.nspname, t.typname)
            from pg_catalog.pg_type t join ours o on o.oid = t.typnamespace
            left join pg_catalog.pg_class c on c.oid = t.typrelid
            where t.typtype in ('e', 'd', 'r') or c.relkind = 'c'
            union all
            select 3, c.relname, pg_catalog.format('%s %I.%I',
                case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
                    else 'table' end, o.nspname, c.relname)
            from pg_catalog.pg_class c join ours o on o.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'v', 'm', 'S')
                -- what create extension does not make is no part of it: pg_dump takes it by itself
                and not (c.relkind = 'S'
                    and c.relname ~ '^(ingest|refused_size|refused_rate)_(3[2-9]|[4-9][0-9]|[1-9][0-9]{2,4})$')
            union all
            select 4, p.proname, pg_catalog.format('%s %s',
                case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end,
                p.oid::pg_catalog.regprocedure)
            from pg_catalog.pg_proc p join ours o on o.oid = p.pronamespace
        )
        select object from part order by step, name
    loop
        execute 'alter extension quoll add ' || v_object;
    end loop;
end
$unpackaged$;
