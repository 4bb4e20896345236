create or replace function queue.channel(queue text)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    -- Short whatever the queue is called. Queues may share a channel: the payload names the queue.
    select 'quoll_' || (hashtext(queue) & 31)
$$;
comment on function queue.channel(text) is
    'The channel to LISTEN on for a queue. The payload of a NOTIFY is the queue''s name (its first 1000 characters).';
