-- Objects of other people that would go with schemas queue and queue_internal: one row (object) for each.
with recursive ours as (
    select 'pg_namespace'::pg_catalog.regclass as classid, n.oid as objid
    from pg_catalog.pg_namespace n where n.nspname in ('queue', 'queue_internal')
), inside(classid, objid) as (
    select classid, objid from ours
    union
    select 'pg_class'::pg_catalog.regclass, c.oid from pg_catalog.pg_class c join ours o on o.objid = c.relnamespace
    union
    select 'pg_proc'::pg_catalog.regclass, p.oid from pg_catalog.pg_proc p join ours o on o.objid = p.pronamespace
    union
    select 'pg_type'::pg_catalog.regclass, t.oid from pg_catalog.pg_type t join ours o on o.objid = t.typnamespace
), dependent as (
    select distinct d.classid, d.objid, d.objsubid
    from pg_catalog.pg_depend d
    join inside i on i.classid = d.refclassid and i.objid = d.refobjid
    where d.deptype in ('n', 'a') and not exists (
        select from inside x where x.classid = d.classid and x.objid = d.objid)
), carrier as (
    -- a view's rule, a trigger, a column's default and a constraint stand for the table that carries them
    select d.*, coalesce(w.ev_class, t.tgrelid, f.adrelid, nullif(c.conrelid, 0), nullif(c.contypid, 0), 0::oid) as carrier
    from dependent d
    left join pg_catalog.pg_rewrite w on d.classid = 'pg_rewrite'::pg_catalog.regclass and w.oid = d.objid
    left join pg_catalog.pg_trigger t on d.classid = 'pg_trigger'::pg_catalog.regclass and t.oid = d.objid
    left join pg_catalog.pg_attrdef f on d.classid = 'pg_attrdef'::pg_catalog.regclass and f.oid = d.objid
    left join pg_catalog.pg_constraint c on d.classid = 'pg_constraint'::pg_catalog.regclass and c.oid = d.objid
)
select pg_catalog.pg_describe_object(classid, objid, objsubid) as object
from carrier
where not exists (select from inside x where x.objid = carrier.carrier)
    and classid not in ('pg_default_acl'::pg_catalog.regclass, 'pg_extension'::pg_catalog.regclass)
order by 1;
