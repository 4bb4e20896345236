create table queue_internal.unique_key (
    queue text not null,
    key text not null,
    job_id bigint not null,
    constraint unique_key_pkey primary key (queue, key)
);
comment on table queue_internal.unique_key is 'Unique keys of live jobs; a row goes when its job ends';

create index unique_key_job on queue_internal.unique_key (job_id);
