create table queue_internal.canceled (
    job_id bigint not null,
    canceled_at timestamptz not null,
    constraint canceled_pkey primary key (job_id)
);
comment on table queue_internal.canceled is 'Jobs ended by cancel()';

create table queue_internal.void (
    lane bigint not null,
    id bigint not null,
    constraint void_pkey primary key (lane, id)
);
comment on table queue_internal.void is
    'Deliveries to be passed over: the job was canceled or moved; gone when the lane''s cursor has passed';
