create table queue_internal.replay (
    job_id bigint not null,
    replayed_as bigint not null,
    replayed_at timestamptz not null,
    constraint replay_pkey primary key (job_id, replayed_as)
);
comment on table queue_internal.replay is 'Which jobs repeat a job: what replay_of says, the other way round';
