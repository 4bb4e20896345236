-- First in the installer's transaction: no setting of the role or the database may bend what follows, and whoever
-- else is installing into this database is waited for. A lock that an application holds is not waited for longer than
-- ten seconds.
set transaction isolation level read committed;
set transaction read write;
set local search_path = pg_catalog, pg_temp;
set local statement_timeout = 0;
set local lock_timeout = 0;
set local client_min_messages = warning;
set local standard_conforming_strings = on;
set local default_tablespace = '';
set local row_security = off;
do $lock$ begin perform pg_catalog.pg_advisory_xact_lock(8101184741229817001); end $lock$;
set local lock_timeout = '10s';
