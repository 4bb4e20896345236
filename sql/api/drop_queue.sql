create or replace function queue.drop_queue(queue text, force boolean default false)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: the queue's options, jobs and dead letters are gone. A job whose enqueue commits later is not lost: its
--     queue comes to be again, with defaults. Workers that still run a job get missing for it.
-- Locks: every lane of the queue, each waited for at most two seconds. Errors: 42704; 55000 while jobs are live,
--     unless force; 55P03 when a claim of it is in an open transaction.
declare
    v_lane bigint;
begin
    perform queue_internal.require_queue(queue);
    for v_lane in
        select distinct l.lane from queue_internal.lane as l where l.queue = drop_queue.queue order by l.lane
    loop
        perform queue_internal.need_lane(v_lane, interval '2 seconds',
            format('queue %s is being claimed from', queue_internal.shown(queue)));
    end loop;
    if not coalesce(force, false) and queue_internal.has_live_jobs(queue) then
        raise exception 'queue % has live jobs', queue_internal.shown(queue)
            using errcode = '55000', hint = 'let them finish, or drop it with force => true';
    end if;
    perform queue_internal.erase_queue(queue);
end
$$;
comment on function queue.drop_queue(text, boolean) is
    'Deletes a queue, its jobs, attempts, dead letters and archive; refuses while jobs are live unless force.';
