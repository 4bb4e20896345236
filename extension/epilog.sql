-- Jobs are the user's data: pg_dump is to take the rows of every table and the place of every sequence. The version row,
-- the time of the last upkeep and the progress of archiving are the install's own; a restore makes them anew.
do $epilog$
declare
    v_relation record;
begin
    for v_relation in
        select c.oid,
            case when c.relname in ('installation', 'upkeep', 'emptying', 'archiving') then 'where false' else '' end as condition
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_depend d on d.objid = c.oid and d.deptype = 'e'
            and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        where n.nspname in ('queue', 'queue_internal') and c.relkind in ('r', 'p', 'S')
        order by n.nspname, c.relname
    loop
        perform pg_catalog.pg_extension_config_dump(v_relation.oid, v_relation.condition);
    end loop;
end
$epilog$;
