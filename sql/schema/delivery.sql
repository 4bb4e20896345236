-- The delivery log: append-only. The first row of a job carries its body; a later row (retry, release, due, parked)
-- repeats the small columns and leaves payload null. A row with a lease_token is no job but a claim to be looked at.
create table queue_internal.delivery (
    xid xid8 not null default pg_current_xact_id(),
    id bigint not null,
    lane bigint not null,
    job_id bigint,
    lease_token bigint,
    due_at timestamptz,
    enqueued_at timestamptz,
    replay_of bigint,
    slot smallint not null,
    priority smallint,
    attempt smallint,
    lost smallint,
    max_attempts smallint,
    revision int,
    queue text,
    kind text,
    unique_key text,
    group_key text,
    routing_key text,
    headers jsonb,
    payload jsonb
) partition by list (slot);
comment on table queue_internal.delivery is 'Append-only log of what is to be handed out, and when';
comment on column queue_internal.delivery.xid is
    'The top-level transaction that wrote the row: what cursors are made of';
comment on column queue_internal.delivery.id is
    'Drawn from job_id''s sequence: rises within a transaction; equals job_id in a first row';
comment on column queue_internal.delivery.attempt is 'The attempt that handing this row out starts, from 1';
comment on column queue_internal.delivery.lost is 'How many leases of this job had expired before';
comment on column queue_internal.delivery.revision is
    'How often the job was changed by an enqueue with its unique key; null for never. Rows of an older revision are '
    'void';

create table queue_internal.delivery_0 partition of queue_internal.delivery for values in (0);
create table queue_internal.delivery_1 partition of queue_internal.delivery for values in (1);
create table queue_internal.delivery_2 partition of queue_internal.delivery for values in (2);
create table queue_internal.delivery_kept partition of queue_internal.delivery for values in (3);

-- Hardly two keys are equal: a page that is full would be searched for duplicates in vain before it is split.
create index delivery_lane on queue_internal.delivery (lane, xid, id) with (deduplicate_items = off);
create index delivery_job on queue_internal.delivery (job_id) with (deduplicate_items = off) where job_id is not null;
create index delivery_due on queue_internal.delivery (lane, due_at, id) with (deduplicate_items = off)
    where due_at is not null;

create sequence queue_internal.job_id;
comment on sequence queue_internal.job_id is 'Ids of jobs and of their later deliveries';
