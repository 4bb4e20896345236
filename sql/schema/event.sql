create table queue_internal.event (
    job_id bigint not null,
    at timestamptz not null,
    event text not null,
    attempt int,
    detail text,
    constraint event_event check (event in ('canceled', 'dead', 'retried', 'redriven', 'replaced', 'rescheduled'))
);
comment on table queue_internal.event is
    'What happened to a job besides its attempts, as far as no other table tells: its cancellation and its death, '
    'once it was made ready again';

create index event_job on queue_internal.event (job_id, at);
