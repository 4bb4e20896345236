-- First in a transaction that only reads: names in definitions are written with their schemas.
set transaction isolation level repeatable read;
set transaction read only;
set local search_path = pg_catalog, pg_temp;
