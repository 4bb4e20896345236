-- Jobs that wait for others. Apart from the log: what is counted down here is found by key, not walked over.
create table queue_internal.blocked (
    job_id bigint not null,
    queue text not null,
    parents int not null,
    on_parent_failure text not null,
    blocked_at timestamptz not null,
    released_at timestamptz,
    failed_parent bigint,
    xid xid8 not null default pg_current_xact_id(),
    seen xid8,
    looked_id bigint default 0,
    looked_at timestamptz not null,
    first_parents bigint[] not null,
    constraint blocked_pkey primary key (job_id),
    constraint blocked_on_parent_failure check (on_parent_failure in ('cancel', 'run', 'wait'))
);
comment on table queue_internal.blocked is
    'Jobs that wait, or waited, for others to end; whoever sets released_at has moved the job on';
comment on column queue_internal.blocked.failed_parent is
    'The dead or canceled job for whose sake this one was canceled';
comment on column queue_internal.blocked.seen is
    'Transactions from this one on know of the job when they settle a parent; what those before did is looked up';
comment on column queue_internal.blocked.first_parents is 'Up to twenty of the jobs that it waited for at first';
comment on column queue_internal.blocked.looked_id is 'Up to which parent that was done; null: for all';

create index blocked_queue on queue_internal.blocked (queue, job_id) where released_at is null;
create index blocked_looked on queue_internal.blocked (looked_at) where released_at is null;

create table queue_internal.dependency (
    parent_id bigint not null,
    job_id bigint not null,
    failed boolean not null default false,
    constraint dependency_pkey primary key (parent_id, job_id)
);
comment on table queue_internal.dependency is 'What blocked jobs wait for; a row goes when its parent has ended well';
comment on column queue_internal.dependency.failed is 'The parent is dead or canceled, or does not exist any more';

create index dependency_job on queue_internal.dependency (job_id, parent_id);

create sequence queue_internal.dependents minvalue 0 start 0;
comment on sequence queue_internal.dependents is
    '1 while any job may wait for another, else 0: then a settle looks no further';
