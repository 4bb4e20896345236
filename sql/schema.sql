-- Run once: what CREATE OR REPLACE cannot do.
\ir access/roles.sql
\ir schema/namespaces.sql
\ir schema/types.sql
\ir schema/installation.sql
\ir schema/queue.sql
\ir schema/lane.sql
\ir schema/rotation.sql
\ir schema/delivery.sql
\ir schema/claim.sql
\ir schema/attempt.sql
\ir schema/dead_letter.sql
\ir schema/unique_key.sql
\ir schema/cancellation.sql
\ir schema/wake.sql
\ir schema/schedule.sql
\ir schema/ingest.sql
\ir schema/restore.sql
