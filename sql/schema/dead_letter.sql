create table queue_internal.dead_letter (
    job_id bigint not null,
    queue text not null,
    kind text not null,
    reason_code text not null,
    error_code text,
    error_message text,
    dead_at timestamptz not null,
    attempts int not null,
    slot smallint not null,
    constraint dead_letter_pkey primary key (job_id),
    constraint dead_letter_reason check (reason_code in ('NON_RETRYABLE', 'MAX_ATTEMPTS_EXCEEDED', 'WORKER_LOST'))
);
comment on table queue_internal.dead_letter is 'Jobs that will not run again unless somebody says so';

comment on column queue_internal.dead_letter.slot is
    'Where its last delivery stands: what is looked for when that slot is emptied';

create index dead_letter_queue on queue_internal.dead_letter (queue, job_id);
create index dead_letter_age on queue_internal.dead_letter (queue, dead_at);
create index dead_letter_slot on queue_internal.dead_letter (slot) where slot < 3;
