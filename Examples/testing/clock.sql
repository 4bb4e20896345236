-- A clock that tests can shift, for a database that only tests use:
--
--     psql -d scratch -v ON_ERROR_STOP=1 -f clock.sql
--     select queue.shift_clock('1 day');   -- scheduled jobs are due, leases have expired, retention is over
--
-- It replaces the body of queue.now(), which all of Quoll goes by. Nothing of it is part of an install, so production has no
-- clock that could be shifted: `qinstall verify` names the function, and an upgrade puts it back.

create table queue_internal.clock (shift interval not null);
comment on table queue_internal.clock is 'Tests only: how far ahead queue.now() is';
insert into queue_internal.clock values ('0');

create or replace function queue.now() returns timestamptz
language sql volatile security definer
set search_path = pg_catalog, pg_temp
as $$ select clock_timestamp() + c.shift from queue_internal.clock as c $$;

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

revoke all on function queue.shift_clock(interval) from public;
