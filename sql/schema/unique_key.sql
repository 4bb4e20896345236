create table queue_internal.unique_key (
    queue text not null,
    key text not null,
    job_id bigint not null,
    revision int not null default 0,
    live boolean not null default true,
    held_until timestamptz,
    constraint unique_key_pkey primary key (queue, key)
);
comment on table queue_internal.unique_key is
    'Unique keys of live jobs; a row goes when its job ends, or its period does';
comment on column queue_internal.unique_key.revision is
    'How often its job was changed: only deliveries of this revision count';
comment on column queue_internal.unique_key.held_until is 'Until when an ended job keeps the key; null: until it ends';

create index unique_key_job on queue_internal.unique_key (job_id);
create index unique_key_held on queue_internal.unique_key (held_until) where held_until is not null;
