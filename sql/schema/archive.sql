create table queue_internal.archived_job (
    job_id bigint not null,
    queue text not null,
    kind text not null,
    state text not null,
    attempt int not null,
    priority smallint not null,
    enqueued_at timestamptz not null,
    claimed_at timestamptz,
    finished_at timestamptz not null,
    worker text,
    error_code text,
    error_message text,
    payload jsonb,
    headers jsonb,
    result jsonb,
    unique_key text,
    group_key text,
    routing_key text,
    replay_of bigint,
    constraint archived_job_pkey primary key (job_id)
);
comment on table queue_internal.archived_job is
    'Ended jobs of queues with the option archive, copied before their slot is emptied';

create index archived_job_queue on queue_internal.archived_job (queue, finished_at);

-- Apart from the rotation, for the reason that emptying is.
create table queue_internal.archiving (
    slot smallint not null,
    job_id bigint not null default 0,
    constraint archiving_pkey primary key (slot)
);
comment on table queue_internal.archiving is 'Up to which job a slot was archived, before it is emptied';

insert into queue_internal.archiving (slot) values (0), (1), (2);
