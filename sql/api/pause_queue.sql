create or replace function queue.pause_queue(queue text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: claims that begin after this commits get nothing. Enqueues and settles go on. Idempotent. Errors: 42704.
begin
    perform queue_internal.set_paused(queue, true);
end
$$;
comment on function queue.pause_queue(text) is 'Stops handing out a queue''s jobs; running ones may finish';

create or replace function queue.resume_queue(queue text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: the queue's jobs are handed out again. Idempotent. Errors: 42704.
begin
    perform queue_internal.set_paused(queue, false);
end
$$;
comment on function queue.resume_queue(text) is 'Hands out a paused queue''s jobs again';
