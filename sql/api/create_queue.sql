create or replace function queue.create_queue(queue text, options jsonb default '{}')
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: the queue is there with these options over the defaults. Errors: 42710 when it was created or configured
--     before (one that only came to be by an enqueue is taken over); 22023 for unknown or bad options; 53400 when
--     65,536 queues can refuse enqueues already.
--     55P03 when the queue gets a limit and a claim of it is in an open transaction.
declare
    v_row queue_internal.queue;
begin
    perform queue_internal.check_name('queue', queue);
    v_row := queue_internal.apply_options(queue_internal.options(''), options);
    v_row.name := queue;
    v_row.created_at := queue.now();
    insert into queue_internal.queue select v_row.* on conflict do nothing;
    if not found then
        raise exception 'queue % exists already', queue_internal.shown(queue)
            using errcode = '42710', hint = 'queue.configure_queue() changes it';
    end if;
    -- after the queue's row is locked, as in configure_queue
    v_row := queue_internal.with_lanes(queue_internal.with_guard(v_row));
    update queue_internal.queue as q set guard = v_row.guard, lanes = v_row.lanes
    where q.name = create_queue.queue;
    perform queue_internal.open_gate(queue, false);
end
$$;
comment on function queue.create_queue(text, jsonb) is
    'Creates a queue with options over the defaults; see configure_queue for the keys.';

create or replace function queue.configure_queue(queue text, options jsonb)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: the given options change, the others stay; jobs already enqueued keep their priority and max_attempts.
-- Locks: the queue's row. Errors: 42704 for an unknown queue; 22023 for unknown or bad options; 53400; 55P03.
declare
    v_row queue_internal.queue := queue_internal.locked_queue(queue);
    v_gated boolean := v_row.gated;
begin
    v_row := queue_internal.apply_options(v_row, options);
    v_row := queue_internal.with_lanes(queue_internal.with_guard(v_row));
    -- Rewritten whole, so that a new option needs no word here; the lock above keeps others out in between.
    delete from queue_internal.queue as q where q.name = configure_queue.queue;
    insert into queue_internal.queue select v_row.*;
    perform queue_internal.open_gate(queue, v_gated);
end
$$;
comment on function queue.configure_queue(text, jsonb) is
    'Changes options of a queue: preset (postgresflow, reflex, osa, hotmesh), paused, notify, priority, stripes, '
    'max_attempts, max_lost, lease, backoff_base, backoff_factor, backoff_cap, backoff_jitter, permanent_codes, '
    'retention_finished, retention_attempts, retention_dead, retention_decisions, archive, '
    'retention_archive, max_payload_bytes, max_enqueues_per_minute, max_in_flight, max_in_flight_per_group, '
    'max_starts, max_starts_burst, max_starts_per_group, max_starts_per_group_burst, max_retries, starts_period, '
    'ordered, retry_blocks, strict_routing, fair, fair_weights, history.';
