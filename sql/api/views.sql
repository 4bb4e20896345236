create or replace view queue.attempt as
select a.job_id, a.attempt::int as attempt, a.outcome::text as outcome, a.error_code, a.error_message, c.worker,
    c.claimed_at, a.finished_at
from queue_internal.settled as a
left join lateral (
    select k.worker, k.claimed_at from queue_internal.claim as k where k.token = a.lease_token limit 1
) as c on true;
comment on view queue.attempt is
    'One row for each settled attempt; outcome is succeeded, failed, lost, snoozed, released, skipped or canceled';

create or replace view queue.dead_letter as
select d.job_id, d.queue, d.kind, d.reason_code, d.error_code, d.error_message, d.dead_at, d.attempts
from queue_internal.dead_letter as d;
comment on view queue.dead_letter is
    'Jobs that will not run again by themselves: NON_RETRYABLE, MAX_ATTEMPTS_EXCEEDED or WORKER_LOST';

create or replace view queue.ingest_decision as
select d.at, d.queue, d.decision, d.reason_code, d.details
from queue_internal.ingest_decision as d
union all
select p.at, p.queue, p.decision, p.reason_code, p.details
from queue_internal.pending_refusals() as p;
comment on view queue.ingest_decision is
    'Refused enqueues: PAYLOAD_TOO_LARGE or ENQUEUE_RATE_EXCEEDED; NOT_KEPT counts those of a queue and reason that '
    'came too fast to be told apart';

create or replace view queue.policy_decision as
select d.at, d.queue, nullif(d.group_key, '') as group_key, d.decision, d.reason_code, d.details
from queue_internal.policy_decision as d;
comment on view queue.policy_decision is
    'Why jobs that were ready were not handed out: IN_FLIGHT_EXCEEDED, RATE_EXCEEDED, RETRY_RATE_EXCEEDED, KEY_BUSY or '
    'QUEUE_PAUSED; once a minute for each queue, group and reason';

create or replace view queue.archived_job as
select j.job_id, j.queue, j.kind, j.state, j.attempt, j.priority, j.enqueued_at, j.claimed_at, j.finished_at, j.worker,
    j.error_code, j.error_message, j.payload, j.headers, j.result, j.unique_key, j.group_key, j.replay_of,
    j.routing_key
from queue_internal.archived_job as j;
comment on view queue.archived_job is
    'Ended jobs of queues with the option archive, from when they are forgotten elsewhere; what is told of the '
    'attempt is of the last one';
