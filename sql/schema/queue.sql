-- A queue's options. The row named '' holds the defaults: it serves every queue that nobody configured, so that
-- an enqueue into a new queue inserts nothing here and can never wait for another session's open transaction.
create table queue_internal.queue (
    name text not null,
    paused boolean not null default false,
    notify boolean not null default true,
    priority smallint not null default 0,
    stripes smallint not null default 8,
    max_attempts smallint not null default 25,
    max_lost smallint not null default 10,
    lease interval not null default '1 minute',
    backoff_base interval not null default '2 seconds',
    backoff_factor double precision not null default 2,
    backoff_cap interval not null default '15 minutes',
    backoff_jitter double precision not null default 0.2,
    retention_finished interval not null default '7 days',
    retention_attempts interval not null default '0',
    retention_dead interval not null default '30 days',
    retention_decisions interval not null default '7 days',
    retention_archive interval not null default '1 year',
    archive boolean not null default false,
    max_payload_bytes int not null default 0,
    max_enqueues_per_minute int not null default 0,
    max_in_flight int not null default 0,
    max_in_flight_per_group int not null default 0,
    max_starts int not null default 0,
    max_starts_burst int not null default 0,
    max_starts_per_group int not null default 0,
    max_starts_per_group_burst int not null default 0,
    max_retries int not null default 0,
    starts_period interval not null default '1 minute',
    ordered boolean not null default false,
    retry_blocks boolean not null default true,
    strict_routing boolean not null default false,
    fair boolean not null default false,
    fair_weights jsonb not null default '{}',
    history text not null default 'attempts',
    gated boolean not null default false,
    guard int,
    lanes bigint[],
    created_at timestamptz not null default now(),
    permanent_codes text[] not null default array['BAD_PAYLOAD', 'UNKNOWN_JOB_TYPE'],
    constraint queue_pkey primary key (name)
);
comment on table queue_internal.queue is 'Options by queue; the row named '''' is what queues without a row use';
comment on column queue_internal.queue.stripes is 'Lanes for each priority: more let more claimers work at once';
comment on column queue_internal.queue.max_lost is
    'How many expired leases a job may cause before it is dead as WORKER_LOST';
comment on column queue_internal.queue.backoff_jitter is 'Share of the delay by which it may vary, both ways: 0 to 1';
comment on column queue_internal.queue.strict_routing is
    'Claims that name routing keys get no jobs without one';
comment on column queue_internal.queue.fair is 'Each group has lanes of its own, which claims take turns between';
comment on column queue_internal.queue.fair_weights is 'Lanes of a group, by its key; one where it is not named';
comment on column queue_internal.queue.history is
    'attempts: a row for each; receipts: of those that succeeded, one for all that a call settles of a claim';
comment on column queue_internal.queue.gated is 'It has a limit, or had one and has jobs that it holds back still';
comment on column queue_internal.queue.guard is
    'Number of its guard; null while it has never been able to refuse an enqueue';
comment on column queue_internal.queue.lanes is
    'The lanes of plain jobs, by stripe, which are all listed; null where an enqueue has to ask more: for the '
    'defaults, when the queue is fair or may refuse it';
comment on column queue_internal.queue.retention_finished is
    'How long finished jobs and their attempts stay readable, at least';
comment on column queue_internal.queue.retention_attempts is
    'How long attempts do, where that is longer: then without their jobs';

insert into queue_internal.queue (name) values ('');
