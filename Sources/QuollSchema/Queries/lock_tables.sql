-- Keeps everybody from the tables of the schema until the transaction ends, so that what is counted is what is dropped.
do $lock$
declare
    v_table text;
begin
    for v_table in
        select c.oid::pg_catalog.regclass::text
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('queue', 'queue_internal') and c.relkind in ('r', 'p') and not c.relispartition
        order by c.relname
    loop
        execute pg_catalog.format('lock table %s in access exclusive mode', v_table);
    end loop;
end
$lock$;
