create table queue_internal.schedule (
    name text not null,
    cron text not null,
    timezone text not null,
    queue text not null,
    kind text not null,
    payload jsonb not null,
    catch_up text not null,
    paused boolean not null default false,
    anchored_at timestamptz not null,
    next_at timestamptz,
    last_at timestamptz,
    last_job_id bigint,
    constraint schedule_pkey primary key (name),
    constraint schedule_catch_up check (catch_up in ('none', 'latest', 'all'))
);
comment on table queue_internal.schedule is
    'What is to be enqueued, and when; whoever moves next_at on enqueues the job';
comment on column queue_internal.schedule.anchored_at is 'Where the intervals of @every are counted from';
comment on column queue_internal.schedule.next_at is 'The next fire; null when there is none ever again';

create index schedule_next on queue_internal.schedule (next_at) where not paused;
