create or replace function queue.now()
returns timestamptz
language sql volatile
as $$
    -- The clock that everything here goes by. Neither definer nor set, so that plans take it in as the one call that it
    -- is, and it costs nothing; nothing in it depends on a search path. Examples/testing/clock.sql replaces it.
    select pg_catalog.clock_timestamp()
$$;
comment on function queue.now() is
    'The time that Quoll goes by: the server''s clock. Only a test database has one that can be shifted '
    '(Examples/testing).';
