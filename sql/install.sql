-- The whole installation, in order. Run by psql from this folder, or expanded by the installer.
\ir schema.sql
\ir routines.sql
