create or replace function queue.wait_for(job_id bigint, timeout interval default '30 seconds')
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: returns the job's state as soon as it has ended, or when timeout is over, whatever it is then. Looks again and
--     again, a quarter of a second apart at most. Call it in a transaction of its own, after the enqueue has
--     committed: it sees what others commit only in READ COMMITTED, and holds a snapshot while it waits.
-- Errors: 42704 for an unknown job; 22023; 55000 in REPEATABLE READ or SERIALIZABLE.
declare
    v_end timestamptz;
    v_state text;
    v_pause float8 := 0.005;
begin
    perform queue_internal.check_span('timeout', timeout, '0', '1 hour');
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        raise exception 'wait_for sees no change in isolation level %', current_setting('transaction_isolation')
            using errcode = '55000', hint = 'call it in READ COMMITTED, in a transaction of its own';
    end if;
    v_end := queue.now() + coalesce(timeout, interval '30 seconds');
    loop
        perform queue_internal.require_job(job_id);
        v_state := (queue_internal.standing(job_id)).state;
        exit when v_state in ('succeeded', 'skipped', 'canceled', 'dead') or queue.now() >= v_end;
        perform pg_sleep(least(v_pause, extract(epoch from v_end - queue.now())));
        v_pause := least(v_pause * 1.5, 0.25);
    end loop;
    return v_state;
end
$$;
comment on function queue.wait_for(bigint, interval) is
    'Waits until a job has ended, at most timeout (0 to 1 hour); returns its state then, or at the timeout.';
