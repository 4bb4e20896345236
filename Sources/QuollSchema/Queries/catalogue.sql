-- What the catalogue says about schemas queue and queue_internal: one row (object, property, value) per fact.
--
-- An object inside another one is named "TABLE-NAME column x", so that whoever reads a missing table need not read its
-- columns as well. The owner of schema queue is written "installer" wherever it occurs, and what it may do with its own
-- objects is left out: so two installs by different roles, or on different versions of Postgres, read the same.
-- Bodies and view definitions stand as their md5. Reads the catalogue only, so any role may run it; run it with
-- search_path = pg_catalog, or names lose their schemas. Sequences that queues were given as they needed them, after the
-- first 32, are data: a fresh install has none.
with ours as (
    select n.oid, n.nspname, n.nspowner, n.nspacl
    from pg_catalog.pg_namespace n
    where n.nspname in ('queue', 'queue_internal')
), installer as (
    select coalesce(max(case when nspname = 'queue' then nspowner end), max(nspowner)) as oid from ours
), relation as (
    select c.oid, c.relkind, c.relname, c.relowner, c.relacl, c.relpersistence, c.relispartition, c.reloptions,
        c.relrowsecurity, c.relforcerowsecurity, c.relreplident, c.relpartbound,
        case c.relkind
            when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'materialized view'
            when 'S' then 'sequence' when 'c' then 'type' when 'f' then 'foreign table'
        end || ' ' || s.nspname || '.' || c.relname as object
    from pg_catalog.pg_class c
    join ours s on s.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'S', 'c', 'f')
        and not (c.relkind = 'S' and c.relname ~ '^(ingest|refused_size|refused_rate)_(3[2-9]|[4-9][0-9]|[1-9][0-9]{2,4})$')
), routine as (
    select p.*,
        case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end
            || ' ' || s.nspname || '.' || p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' as object
    from pg_catalog.pg_proc p
    join ours s on s.oid = p.pronamespace
), named_type as (
    select t.oid, t.typtype, t.typowner, t.typacl, t.typbasetype, t.typtypmod, t.typnotnull, t.typdefault,
        case t.typtype when 'd' then 'domain' else 'type' end || ' ' || s.nspname || '.' || t.typname as object
    from pg_catalog.pg_type t
    join ours s on s.oid = t.typnamespace
    where t.typtype in ('e', 'd', 'r')
), acl as (
    select 'schema ' || nspname as object,
        coalesce(nspacl, pg_catalog.acldefault('n', nspowner)) as acl, nspowner as owner
    from ours
    union all
    select object,
        coalesce(relacl, pg_catalog.acldefault(case relkind when 'S' then 's'::"char" else 'r' end, relowner)), relowner
    from relation where relkind <> 'c'
    union all
    select r.object || ' column ' || a.attname, a.attacl, r.relowner
    from relation r
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attacl is not null and not a.attisdropped
    union all
    select object, coalesce(proacl, pg_catalog.acldefault('f', proowner)), proowner from routine
    union all
    select object, coalesce(typacl, pg_catalog.acldefault('T', typowner)), typowner from named_type
), fact(object, property, value) as (
    -- who owns what, and who else may use it
    select o.object, 'owner', case when o.owner = i.oid then 'installer' else pg_catalog.pg_get_userbyid(o.owner)::text end
    from installer i, (
        select 'schema ' || nspname, nspowner from ours
        union all select object, relowner from relation
        union all select object, proowner from routine
        union all select object, typowner from named_type
    ) o(object, owner)
    union all
    select g.object, 'grants to ' || g.grantee, pg_catalog.string_agg(g.privilege, ', ' order by g.privilege)
    from (
        select acl.object,
            case x.grantee when 0 then 'public' else pg_catalog.pg_get_userbyid(x.grantee)::text end as grantee,
            pg_catalog.lower(x.privilege_type) || case when x.is_grantable then ' with grant option' else '' end
        from acl, pg_catalog.aclexplode(acl.acl) x
        where x.grantee <> acl.owner
    ) g(object, grantee, privilege)
    group by g.object, g.grantee

    -- comments
    union all
    select o.object, 'comment', pg_catalog.obj_description(o.oid, o.catalogue)
    from (
        select 'schema ' || nspname, oid, 'pg_namespace' from ours
        union all select object, oid, 'pg_class' from relation
        union all select object, oid, 'pg_proc' from routine
        union all select object, oid, 'pg_type' from named_type
    ) o(object, oid, catalogue)
    where pg_catalog.obj_description(o.oid, o.catalogue) is not null
    union all
    select r.object || ' column ' || a.attname, 'comment', pg_catalog.col_description(r.oid, a.attnum)
    from relation r
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    where pg_catalog.col_description(r.oid, a.attnum) is not null

    -- tables, views, sequences
    union all
    select object, 'storage', pg_catalog.concat_ws(', ',
        case relpersistence when 'u' then 'unlogged' when 't' then 'temporary' else 'logged' end,
        'partitioned by ' || pg_catalog.pg_get_partkeydef(oid),
        case when relispartition then 'partition of ' || (
            select inhparent::pg_catalog.regclass::text from pg_catalog.pg_inherits where inhrelid = relation.oid) end,
        pg_catalog.pg_get_expr(relpartbound, oid),
        'with ' || (select pg_catalog.string_agg(x, ', ' order by x) from pg_catalog.unnest(reloptions) x),
        case when relrowsecurity then 'row security' end,
        case when relforcerowsecurity then 'row security forced' end,
        case when relkind in ('r', 'p') and relreplident <> 'd' then 'replica identity ' || relreplident::text end)
    from relation where relkind <> 'c'
    union all
    select object, 'definition', pg_catalog.md5(pg_catalog.pg_get_viewdef(oid))
    from relation where relkind in ('v', 'm')
    union all
    select r.object, 'definition', pg_catalog.concat_ws(' ',
        pg_catalog.format_type(q.seqtypid, null), 'start', q.seqstart, 'increment', q.seqincrement,
        'from', q.seqmin, 'to', q.seqmax, 'cache', q.seqcache, case when q.seqcycle then 'cycle' end,
        'owned by ' || d.refobjid::pg_catalog.regclass::text || '.' || a.attname)
    from relation r
    join pg_catalog.pg_sequence q on q.seqrelid = r.oid
    left join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = r.oid
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
    left join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid

    -- columns
    union all
    select r.object || ' column ' || a.attname, 'definition', pg_catalog.concat_ws(' ',
        pg_catalog.format_type(a.atttypid, a.atttypmod),
        case when a.attcollation <> t.typcollation then 'collate ' || a.attcollation::pg_catalog.regcollation::text end,
        case when a.attstorage <> t.typstorage then 'storage ' || a.attstorage::text end,
        case when a.attnotnull then 'not null' end,
        case a.attidentity when 'a' then 'generated always as identity' when 'd' then 'generated by default as identity' end,
        case when a.attgenerated <> '' then 'generated as' when d.oid is not null then 'default' end,
        pg_catalog.pg_get_expr(d.adbin, d.adrelid))
    from relation r
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type t on t.oid = a.atttypid
    left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where r.relkind <> 'S'
    union all
    select r.object, 'order of columns', pg_catalog.string_agg(a.attname, ', ' order by a.attnum)
    from relation r
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    where r.relkind <> 'S'
    group by r.object

    -- constraints, indexes, triggers, rules, policies, statistics
    union all
    select coalesce(r.object, t.object) || ' constraint ' || c.conname, 'definition',
        pg_catalog.pg_get_constraintdef(c.oid) || case when c.convalidated then '' else ' (not validated)' end
    from pg_catalog.pg_constraint c
    left join relation r on r.oid = c.conrelid
    left join named_type t on t.oid = c.contypid
    where c.contype in ('p', 'u', 'f', 'c', 'x') and coalesce(r.object, t.object) is not null
    union all
    select r.object || ' index ' || c.relname, 'definition',
        pg_catalog.pg_get_indexdef(i.indexrelid) || case when i.indisvalid then '' else ' (not valid)' end
    from relation r
    join pg_catalog.pg_index i on i.indrelid = r.oid
    join pg_catalog.pg_class c on c.oid = i.indexrelid
    union all
    select r.object || ' trigger ' || t.tgname, 'definition',
        pg_catalog.pg_get_triggerdef(t.oid)
        || case t.tgenabled when 'O' then '' when 'D' then ' (disabled)' else ' (enabled ' || t.tgenabled::text || ')' end
    from relation r
    join pg_catalog.pg_trigger t on t.tgrelid = r.oid and not t.tgisinternal
    union all
    select r.object || ' rule ' || w.rulename, 'definition', pg_catalog.md5(pg_catalog.pg_get_ruledef(w.oid))
    from relation r
    join pg_catalog.pg_rewrite w on w.ev_class = r.oid and w.rulename <> '_RETURN'
    union all
    select r.object || ' policy ' || p.polname, 'definition', pg_catalog.concat_ws(' ', p.polcmd,
        pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    from relation r
    join pg_catalog.pg_policy p on p.polrelid = r.oid
    union all
    select r.object || ' statistics ' || x.stxname, 'definition', pg_catalog.pg_get_statisticsobjdef(x.oid)
    from relation r
    join pg_catalog.pg_statistic_ext x on x.stxrelid = r.oid

    -- functions
    union all
    select object, 'arguments', pg_catalog.pg_get_function_arguments(oid) from routine
    union all
    select object, 'result', pg_catalog.pg_get_function_result(oid) from routine where prokind <> 'p'
    union all
    select object, 'body', pg_catalog.md5(coalesce(pg_catalog.pg_get_function_sqlbody(oid), prosrc)) from routine
    union all
    select routine.object, 'attributes', pg_catalog.concat_ws(', ',
        l.lanname, case provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
        'parallel ' || case proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end,
        case when proisstrict then 'strict' end, case when prosecdef then 'security definer' end,
        case when proleakproof then 'leakproof' end, case when prokind = 'w' then 'window' end,
        'cost ' || procost::text, case when proretset then 'rows ' || prorows::text end,
        (select pg_catalog.string_agg('set ' || x, ', ' order by x) from pg_catalog.unnest(proconfig) x))
    from routine
    join pg_catalog.pg_language l on l.oid = prolang

    -- types
    union all
    select t.object, 'labels', pg_catalog.string_agg(e.enumlabel, ', ' order by e.enumsortorder)
    from named_type t
    join pg_catalog.pg_enum e on e.enumtypid = t.oid
    group by t.object
    union all
    select object, 'definition', pg_catalog.concat_ws(' ', pg_catalog.format_type(typbasetype, typtypmod),
        case when typnotnull then 'not null' end, 'default ' || typdefault)
    from named_type where typtype = 'd'

    -- roles
    union all
    select 'role ' || r.rolname, 'attributes', pg_catalog.concat_ws(', ',
        case when r.rolcanlogin then 'login' else 'nologin' end, case when r.rolsuper then 'superuser' end,
        case when r.rolcreaterole then 'createrole' end, case when r.rolcreatedb then 'createdb' end,
        case when r.rolreplication then 'replication' end, case when r.rolbypassrls then 'bypassrls' end,
        'member of ' || (
            select pg_catalog.string_agg(g.rolname, ', ' order by g.rolname)
            from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid
            where m.member = r.oid))
    from pg_catalog.pg_roles r
    where r.rolname in ('queue_producer', 'queue_worker', 'queue_operator', 'queue_monitor')
)
select object, property, value
from fact
order by object collate "C", property collate "C";
