-- One row for each settled attempt. Its key is the fence: whoever inserts first has settled the attempt.
create table queue_internal.attempt (
    lease_token bigint not null,
    job_id bigint not null,
    finished_at timestamptz not null,
    slot smallint not null,
    attempt smallint not null,
    outcome queue_internal.outcome not null,
    error_code text,
    error_message text,
    result jsonb,
    constraint attempt_pkey primary key (lease_token, job_id, slot)
) partition by list (slot);
comment on table queue_internal.attempt is 'Append-only log of settled attempts; worker and start are in the claim';

create table queue_internal.attempt_0 partition of queue_internal.attempt for values in (0);
create table queue_internal.attempt_1 partition of queue_internal.attempt for values in (1);
create table queue_internal.attempt_2 partition of queue_internal.attempt for values in (2);
create table queue_internal.attempt_kept partition of queue_internal.attempt for values in (3);

-- Attempts arrive nearly in the order of their jobs: a block-range index finds a job's history at no cost to settling,
-- and what was settled late when a slot is to be emptied.
create index attempt_job on queue_internal.attempt using brin (job_id, finished_at) with (pages_per_range = 16);
