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

create type queue_internal.failure as (
    job_id bigint,
    error_code text,
    error_message text,
    retry_in interval,
    permanent boolean
);
comment on type queue_internal.failure is
    'What fail and fail_batch are told of an attempt, cut to the lengths that are kept';

create type queue_internal.outlook as (
    lanes bigint[],
    priorities smallint[],
    ready_at timestamptz[],
    ids bigint[],
    befores pg_snapshot[],
    uptos pg_snapshot[],
    last_xids xid8[],
    last_ids bigint[]
);
comment on type queue_internal.outlook is
    'Lanes with something to hand out, best first, and the first row of each; null for none. For look_closely, where '
    'each cursor stands: befores, uptos, last_xids, last_ids; the last two are the end of a window that is exhausted';

create type queue_internal.row_keys as (
    slots smallint[],
    xids xid8[],
    ids bigint[],
    job_ids bigint[],
    attempts smallint[],
    ready_at timestamptz[],
    kinds text[],
    keyed boolean
);
comment on type queue_internal.row_keys is
    'Deliveries of one lane, oldest first, without their bodies; null arrays for none. keyed: one has a unique key';

create type queue_internal.taken as (
    lanes bigint[],
    tokens bigint[],
    slots smallint[],
    xids xid8[],
    ids bigint[],
    busy smallint[],
    throttled int,
    retries int,
    held bigint,
    passed int,
    ends int[],
    scattered boolean,
    bounded boolean
);
comment on type queue_internal.taken is
    'Deliveries that a claim hands out, and the lease token of each. busy: priorities that had something at the first '
    'look; passed: how many rows its lanes have passed while they came up short; ends: where what one claim row names '
    'ends; scattered: what it names does not lie together in its lane; bounded: some of a lane stayed, behind another '
    'lane''s first; held: the greatest lane that the claim has locked, while it has got nothing; of a gated queue, '
    'throttled: how many jobs more than before it holds back, retries: how many it may start still, null for any '
    'number';

create type queue_internal.opening as (
    paused boolean,
    lease interval,
    waits boolean,
    leases bigint,
    priorities smallint[],
    highest smallint,
    looks bigint[],
    seen pg_snapshot,
    awaited boolean,
    gated boolean,
    unrouted boolean,
    fair boolean,
    receipts boolean,
    priority smallint,
    lanes bigint[]
);
comment on type queue_internal.opening is
    'A queue as a claim finds it: whether it has a waiting lane, its lane of leases; the priorities that may have '
    'something, the highest one; what their bells showed, and what was visible just after that; whether all its bells '
    'are armed to notify; whether it has limits; whether the claim may take jobs without a routing key; whether '
    'groups take turns; whether settlements write receipts; the priority of jobs that name none, and the lanes of those'
    ' that are plain';

create type queue_internal.claim_request as (
    queue text,
    worker text,
    max_jobs int,
    lease_end timestamptz,
    kinds text[],
    priorities smallint[],
    routing_keys text[],
    unrouted boolean,
    fair boolean,
    leases bigint,
    gate text,
    at timestamptz,
    receipts boolean
);
comment on type queue_internal.claim_request is
    'The arguments of one call of claim_batch, the priorities that may have something, whether jobs without a routing '
    'key are wanted and groups take turns, the lane of its queue''s leases, and for a gated queue its name and when '
    'the claim counts as made; whether its settlements write receipts';

create type queue_internal.cron as (
    minutes int[],
    hours int[],
    days int[],
    months int[],
    weekdays int[],
    any_hour boolean,
    any_day boolean,
    any_weekday boolean,
    every interval
);
comment on type queue_internal.cron is 'A cron expression, read; every alone for an interval';

create type queue_internal.ended_jobs as (
    job_ids bigint[],
    ids bigint[],
    tokens bigint[],
    outcomes queue_internal.outcome[]
);
comment on type queue_internal.ended_jobs is
    'Jobs that have ended, the delivery by which each did, its lease token (null: none had it), and how';
