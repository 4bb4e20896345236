create or replace function queue.enqueue(
    queue text,
    kind text,
    payload jsonb default '{}',
    run_at timestamptz default null,
    priority int default null,
    max_attempts int default null,
    unique_key text default null,
    group_key text default null,
    headers jsonb default null
)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: the job is there when, and only when, the caller's transaction commits. No other enqueue waits for it,
--     except one with the same unique_key.
-- States: -> ready, or scheduled when run_at lies ahead.
-- Locks: the row of its unique_key. Errors: 22023; JQ001 and JQ002 when the queue refuses it.
-- Idempotent by unique_key: the live job that holds it is returned and nothing is inserted.
begin
    if queue_internal.is_plain_job(queue, kind, run_at, priority, max_attempts, unique_key, group_key, headers) is not true
    then
        perform queue_internal.check_job(queue, kind, run_at, priority, max_attempts, unique_key, group_key, headers);
    end if;
    return abs(queue_internal.insert_job(queue, kind, payload, run_at, priority, max_attempts, unique_key, group_key,
        headers));
end
$$;
comment on function queue.enqueue(text, text, jsonb, timestamptz, int, int, text, text, jsonb) is
    'Adds one job to a queue, in the caller''s transaction; returns its id, or that of the live job with the same '
    'unique_key. priority -100 to 100, higher first. A queue named for the first time is created with defaults.';
