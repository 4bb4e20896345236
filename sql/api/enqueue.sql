create or replace function queue.enqueue(
    queue text,
    kind text,
    payload jsonb default '{}',
    run_at timestamptz default null,
    priority int default null,
    max_attempts int default null,
    unique_key text default null,
    group_key text default null,
    headers jsonb default null,
    unique_for interval default null,
    on_conflict text default null,
    after bigint[] default null,
    on_parent_failure text default null,
    routing_key text default null
)
returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
-- Promise: the job is there when, and only when, the caller's transaction commits. No other enqueue waits for it,
--     except one with the same unique_key.
-- States: -> ready, or scheduled when run_at lies ahead; -> blocked until the jobs of after have ended.
-- Locks: the row of its unique_key. Errors: 22023; 42704 for an unknown job in after; JQ001 and JQ002 when the queue refuses it.
-- Idempotent by unique_key: the job that holds it, live or within unique_for, is returned and nothing is inserted. With
--     on_conflict replace that job gets this payload and headers, with reschedule this run_at as well, while no worker
--     has it; when one has, a new job takes the key over.
declare
    v_id bigint;
    v_priority smallint;
    v_look bigint;
begin
    if queue_internal.is_plain_job(kind, run_at, priority, max_attempts, unique_key, group_key, headers, unique_for,
        on_conflict, after, on_parent_failure, routing_key)
    then  -- one statement for nearly all jobs: another would cost as much as half of this insert
        v_id := nextval('queue_internal.job_id');
        insert into queue_internal.delivery as d (slot, lane, id, job_id, enqueued_at, priority, attempt, lost, max_attempts,
            queue, kind, payload)
        select (select r.slot from queue_internal.rotation as r), q.lanes[1 + (v_id >> 8) % q.stripes], v_id, v_id,
            queue.now(), q.priority, 1, 0, q.max_attempts, enqueue.queue, enqueue.kind, coalesce(enqueue.payload, '{}')
        from queue_internal.queue as q
        where q.name = enqueue.queue and q.lanes is not null
        returning d.priority, queue_internal.last_look(d.queue, d.priority) into v_priority, v_look;
        if v_look <> 0 then
            perform queue_internal.wake(queue, v_priority);
        end if;
        if v_look is not null then
            return v_id;
        end if;
    end if;
    return queue_internal.enqueue_any(queue, kind, payload, run_at, priority, max_attempts, unique_key, group_key, headers,
        unique_for, on_conflict, after, on_parent_failure, routing_key, v_id);
end
$$;
comment on function queue.enqueue(text, text, jsonb, timestamptz, int, int, text, text, jsonb, interval, text, bigint[], text,
    text)
is
    'Adds one job to a queue, in the caller''s transaction; returns its id, or that of the job that holds '
    'its unique_key: while that is live, and for unique_for after its enqueue. on_conflict says what the holder gets: keep '
    '(nothing), replace (this payload and headers), reschedule (also this run_at). after: it runs when these jobs have '
    'succeeded; when one is dead or canceled, on_parent_failure says what becomes of it: cancel, run or wait. routing_key: only claims that name it get the job. priority -100 to 100, higher first. A queue named for the first time is created with defaults.';
