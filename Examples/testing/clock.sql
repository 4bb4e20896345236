-- A clock that tests can shift, for a database that only tests use:
--
--     psql -d scratch -v ON_ERROR_STOP=1 -f clock.sql
--     select queue.shift_clock('1 day');   -- scheduled jobs are due, leases have expired, retention is over
--
-- It rewrites Quoll's functions so that they ask queue.now() instead of the server. Nothing of it is part of an install,
-- so it costs production nothing and cannot be shifted there: `qinstall verify` names every function it changed, and
-- an upgrade puts them back.

create table queue_internal.clock (shift interval not null);
comment on table queue_internal.clock is 'Tests only: how far ahead queue.now() is';
insert into queue_internal.clock values ('0');

create function queue.now() returns timestamptz
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$ select clock_timestamp() + c.shift from queue_internal.clock as c $$;
comment on function queue.now() is 'Tests only: the time that Quoll goes by';

create function queue.shift_clock(by interval) returns timestamptz
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
-- Moves the clock of the whole database on, for every session once this has committed; returns the time it shows.
begin
    update queue_internal.clock as c set shift = c.shift + by;
    return queue.now();
end
$$;
comment on function queue.shift_clock(interval) is 'Tests only: moves the time that Quoll goes by';

revoke all on function queue.now(), queue.shift_clock(interval) from public;

do $$
declare
    v_routine record;
begin
    for v_routine in
        select p.oid
        from pg_proc as p
        where p.pronamespace in ('queue'::regnamespace, 'queue_internal'::regnamespace)
            and p.prosrc ~ '\m(clock_timestamp|now)\(\)' and p.oid <> 'queue.now()'::regprocedure
    loop
        execute regexp_replace(pg_get_functiondef(v_routine.oid), '(?<![.\w])(clock_timestamp|now)\(\)', 'queue.now()', 'g');
    end loop;
end
$$;
