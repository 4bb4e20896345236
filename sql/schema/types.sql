create type queue.verdict as enum ('ok', 'stale', 'canceled', 'missing');
comment on type queue.verdict is
    'What became of a settle call: ok; stale (the lease was lost or the attempt was settled before); '
    'canceled (the job was canceled meanwhile); missing (no such job)';

create type queue.claimed_job as (
    job_id bigint,
    lease_token bigint,
    attempt int,
    max_attempts int,
    kind text,
    payload jsonb,
    headers jsonb,
    priority int,
    group_key text,
    enqueued_at timestamptz,
    leased_until timestamptz
);
comment on type queue.claimed_job is
    'One job handed to a worker: settle it with (job_id, lease_token) before leased_until, or extend by heartbeat';

create type queue_internal.outcome as enum (
    'succeeded', 'failed', 'lost', 'snoozed', 'released', 'skipped', 'canceled');
comment on type queue_internal.outcome is 'How an attempt ended; lost = its lease expired';
