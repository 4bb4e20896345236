-- PUBLIC may do nothing with any object of Quoll: over the whole catalogue, not over a list.
\ir ../support/common.sql
select plan(11);

create temp table ours as
select oid from pg_namespace where nspname in ('queue', 'queue_internal');
-- What an access list grants to PUBLIC, its default counted when it is null.
create function pg_temp.for_public(acl aclitem[], kind "char", owner oid) returns boolean language sql as $$
    select exists (select from aclexplode(coalesce(acl, acldefault(kind, owner))) as a where a.grantee = 0)
$$;

select is((select count(*) from ours), 2::bigint, 'there are two schemas');
select is_empty($$ select nspname from pg_namespace as n where n.oid in (select oid from ours)
    and pg_temp.for_public(n.nspacl, 'n', n.nspowner) $$, 'PUBLIC has no right in a schema');
select cmp_ok((select count(*) from pg_proc where pronamespace in (select oid from ours)), '>', 80::bigint,
    'there are functions to look at');
select is_empty($$ select p.oid::regprocedure from pg_proc as p where p.pronamespace in (select oid from ours)
    and pg_temp.for_public(p.proacl, 'f', p.proowner) $$, 'PUBLIC may call no function');
select is_empty($$ select c.oid::regclass from pg_class as c where c.relnamespace in (select oid from ours)
    and c.relkind in ('r', 'p', 'v', 'm', 'f') and pg_temp.for_public(c.relacl, 'r', c.relowner) $$,
    'PUBLIC may touch no table and no view');
select is_empty($$ select a.attrelid::regclass, a.attname from pg_attribute as a join pg_class as c on c.oid = a.attrelid
    where c.relnamespace in (select oid from ours) and a.attacl is not null
        and exists (select from aclexplode(a.attacl) as x where x.grantee = 0) $$, 'nor a column');
select is_empty($$ select c.oid::regclass from pg_class as c where c.relnamespace in (select oid from ours)
    and c.relkind = 'S' and pg_temp.for_public(c.relacl, 's', c.relowner) $$, 'PUBLIC may touch no sequence');
-- The row type of a table and an array type have no access list of their own that anybody could revoke.
select is_empty($$ select t.oid::regtype from pg_type as t where t.typnamespace in (select oid from ours)
    and not exists (select from pg_type as e where e.typarray = t.oid)
    and (t.typrelid = 0 or exists (select from pg_class as c where c.oid = t.typrelid and c.relkind = 'c'))
    and pg_temp.for_public(t.typacl, 'T', t.typowner) $$, 'PUBLIC may use no type');

-- And so for somebody who has nothing but PUBLIC
create role quoll_nobody;
select is_empty($$ select p.oid::regprocedure from pg_proc as p where p.pronamespace in (select oid from ours)
    and has_function_privilege('quoll_nobody', p.oid, 'execute') $$, 'a role without grants may call nothing');
set role quoll_nobody;
select is(pg_temp.refusal($$ select queue.enqueue('q', 'k') $$), '42501 | permission denied for schema queue', 'not enqueue');
select is(pg_temp.refusal('select * from queue_internal.delivery'), '42501 | permission denied for schema queue_internal',
    'nor read a table');
reset role;
drop role quoll_nobody;

select * from finish();
