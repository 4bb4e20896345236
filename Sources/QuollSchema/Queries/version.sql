-- The installed version, for every role that may call it.
select queue.version() as version;
