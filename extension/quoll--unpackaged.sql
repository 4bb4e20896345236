\echo Use "create extension quoll version unpackaged" to load this file. \quit
-- The first of two steps that make an extension of a plain install, keeping its jobs:
--     create extension quoll version unpackaged; alter extension quoll update;
do $unpackaged$
begin
    if pg_catalog.to_regclass('queue_internal.installation') is null then
        raise exception 'there is no plain install of quoll in this database'
            using errcode = '42704', hint = 'for a fresh install: create extension quoll';
    end if;
end
$unpackaged$;
