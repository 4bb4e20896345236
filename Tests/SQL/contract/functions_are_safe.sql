-- How functions are made: definers with a pinned search path, a comment on everything public, nothing that
-- plpgsql_check would object to.
\ir ../support/common.sql
create extension plpgsql_check;
select plan(13);

create temp table routine as
select p.*, p.pronamespace = 'queue'::regnamespace as public_one, l.lanname
from pg_proc as p join pg_language as l on l.oid = p.prolang
where p.pronamespace in ('queue'::regnamespace, 'queue_internal'::regnamespace);

select is_empty($$ select oid::regprocedure from routine where prosecdef
    and not coalesce(proconfig && array['search_path=pg_catalog, pg_temp'], false) $$,
    'every definer''s search path is pinned, pg_temp last');
select is_empty($$ select oid::regprocedure from routine where public_one
    and proname <> 'now' and not coalesce(proconfig && array['search_path=pg_catalog, pg_temp'], false) $$,
    'so is every public function''s, but of the clock, which plans take in');
select is_empty($$ select oid::regprocedure from routine where public_one and not prosecdef and proname not in ('channel', 'now') $$,
    'every public function that reads or writes is a definer');
select is((select array_agg(proname::text order by proname) from routine where prosecdef and not public_one),
    array['job_row', 'pending_refusals'], 'and of the internal ones only the views''');
select is((select count(distinct proowner) from routine), 1::bigint, 'all have one owner');
select is_empty($$ select oid::regprocedure from routine where lanname not in ('plpgsql', 'sql') $$, 'all are SQL or PL/pgSQL');
select is_empty($$ select oid::regprocedure from routine where proparallel <> 'u' and provolatile = 'v' $$,
    'none that writes claims to be safe in parallel');

-- Comments
select is_empty($$ select oid::regprocedure from routine where public_one and obj_description(oid, 'pg_proc') is null $$,
    'every public function has a comment');
select is_empty($$ select c.oid::regclass from pg_class as c
    where c.relnamespace in ('queue'::regnamespace, 'queue_internal'::regnamespace) and c.relkind in ('r', 'p', 'v', 'S')
        and not c.relispartition and obj_description(c.oid, 'pg_class') is null $$,
    'every table, view and sequence has a comment');
select is_empty($$ select t.oid::regtype from pg_type as t
    where t.typnamespace in ('queue'::regnamespace, 'queue_internal'::regnamespace)
        and not exists (select from pg_type as e where e.typarray = t.oid)
        and (t.typrelid = 0 or exists (select from pg_class as c where c.oid = t.typrelid and c.relkind = 'c'))
        and obj_description(t.oid, 'pg_type') is null
        and (t.typrelid = 0 or obj_description(t.typrelid, 'pg_class') is null) $$, 'every type has a comment');
select is_empty($$ select nspname from pg_namespace where nspname in ('queue', 'queue_internal')
    and obj_description(oid, 'pg_namespace') is null $$, 'both schemas have a comment');

-- plpgsql_check
create temp table findings as
select r.oid::regprocedure as routine, c.finding
from routine as r
left join pg_trigger as t on t.tgfoid = r.oid
cross join lateral plpgsql_check_function(r.oid, relid => coalesce(t.tgrelid, 0), fatal_errors => false,
    performance_warnings => false, extra_warnings => false) as c (finding)
where r.lanname = 'plpgsql';
select cmp_ok((select count(*) from routine where lanname = 'plpgsql'), '>', 60::bigint, 'there is PL/pgSQL to check');
-- One trigger function serves three tables, and has a branch for each.
select is_empty($$ select * from findings where routine::text <> 'queue_internal.take_place()' $$,
    'plpgsql_check objects to nothing');

select * from finish();
