-- One row for each settled attempt. Its key is the fence: whoever inserts first has settled the attempt. With history =
-- receipts, one row for what a call settled of a claim as succeeded: its job_id is the number of the claim's receipt,
-- counted down from -1, so that of two settlements that do not see each other one waits for the other, then looks
-- again. Other outcomes have rows of their own, and a receipt that names no job.
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
    job_ids bigint[],
    attempts smallint[],
    results jsonb[]
) partition by list (slot);
comment on table queue_internal.attempt is 'Append-only log of settled attempts; worker and start are in the claim';
comment on column queue_internal.attempt.job_id is 'Below 0: a receipt, whose jobs are job_ids';
comment on column queue_internal.attempt.attempts is 'Of a receipt: their attempt numbers, where any is not 1';
comment on column queue_internal.attempt.results is 'Of a receipt: their results, where there is any';

-- Each has the key for itself: one of the whole table would have to name the slot, the same in each row of a partition.
create table queue_internal.attempt_0 partition of queue_internal.attempt (
    constraint attempt_0_pkey primary key (lease_token, job_id)
) for values in (0);
create table queue_internal.attempt_1 partition of queue_internal.attempt (
    constraint attempt_1_pkey primary key (lease_token, job_id)
) for values in (1);
create table queue_internal.attempt_2 partition of queue_internal.attempt (
    constraint attempt_2_pkey primary key (lease_token, job_id)
) for values in (2);
create table queue_internal.attempt_kept partition of queue_internal.attempt (
    constraint attempt_kept_pkey primary key (lease_token, job_id)
) for values in (3);

-- Attempts arrive nearly in the order of their jobs: a block-range index finds a job's history at no cost to settling,
-- and what was settled late when a slot is to be emptied. Receipts are found by their claim's token, and by time; their
-- index is empty without any, so that looking for them costs nothing.
create index attempt_job on queue_internal.attempt using brin (job_id, finished_at) with (pages_per_range = 16)
where job_id > 0;
create index attempt_receipt on queue_internal.attempt (finished_at) where job_id < 0;

create view queue_internal.settled as
select a.lease_token, a.job_id, a.finished_at, a.slot, a.attempt, a.outcome, a.error_code, a.error_message, a.result
from queue_internal.attempt as a
where a.job_id > 0
union all
select a.lease_token, j.job_id, a.finished_at, a.slot, coalesce(j.attempt, a.attempt), a.outcome, a.error_code,
    a.error_message, j.result
from queue_internal.attempt as a
cross join lateral unnest(a.job_ids, a.attempts, a.results) as j (job_id, attempt, result)
where a.job_id < 0;
comment on view queue_internal.settled is
    'One row for each settled attempt, also of those that a receipt names. To be read by a lease_token that is a '
    'value or stands outside of a lateral subquery with a limit: in a join the planner would read all of it';
