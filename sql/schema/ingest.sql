-- A refused enqueue fails its statement, and with it all that the statement wrote. What outlives it is what was set in
-- sequences: they are how refusals are told, and how enqueues are counted, without waiting for anybody's commit.
create table queue_internal.ingest_decision (
    number bigint not null,
    at timestamptz not null,
    queue text,
    decision text not null,
    reason_code text not null,
    details jsonb not null,
    constraint ingest_decision_pkey primary key (number)
);
comment on table queue_internal.ingest_decision is
    'Refused enqueues, as maintain() read them from the refusal sequences';

create sequence queue_internal.ingest_decision_number;
comment on sequence queue_internal.ingest_decision_number is 'Numbers the rows of ingest_decision';

create table queue_internal.guard (
    number int not null,
    queue text not null,
    told_size bigint not null default 0,
    told_rate bigint not null default 0,
    dropped_at timestamptz,
    constraint guard_pkey primary key (number),
    constraint guard_queue unique (queue)
);
comment on table queue_internal.guard is
    'Queues that can refuse enqueues, by the number in their sequences'' names: ingest_, refused_size_ and '
    'refused_rate_';
comment on column queue_internal.guard.told_size is
    'How many of those that refused_size_ counts are in ingest_decision';
comment on column queue_internal.guard.told_rate is
    'How many of those that refused_rate_ counts are in ingest_decision';
comment on column queue_internal.guard.dropped_at is 'The queue is gone; another may have the number a day later';

create table queue_internal.refusal_reader (
    singleton boolean not null default true,
    number bigint not null default 0,
    stopped_at timestamptz,
    stopped_upto bigint not null default 0,
    stopped_counts jsonb,
    server_start timestamptz,
    constraint refusal_reader_pkey primary key (singleton),
    constraint refusal_reader_singleton check (singleton)
);
comment on table queue_internal.refusal_reader is 'Up to which number refusals were read';
comment on column queue_internal.refusal_reader.stopped_at is
    'Since when one after it is missing: it may be being written';
comment on column queue_internal.refusal_reader.stopped_upto is
    'The last number then: what is missing up to it is given up with it';
comment on column queue_internal.refusal_reader.stopped_counts is 'How many of each guard were refused then';
comment on column queue_internal.refusal_reader.server_start is
    'When the server whose counts were read last had started';

insert into queue_internal.refusal_reader (server_start) values (pg_catalog.pg_postmaster_start_time());

create sequence queue_internal.refusal;
comment on sequence queue_internal.refusal is 'Numbers refused enqueues';

-- The guards after the first 32 get theirs when they are needed: queue_internal.make_guard().
do $$
begin
    for v_place in 0 .. 31 loop
        execute pg_catalog.format('create sequence queue_internal.refusal_what_%s minvalue 0 start 0', v_place);
        execute pg_catalog.format('comment on sequence queue_internal.refusal_what_%s is %L', v_place,
            'One of the last 32 refusals: reason (1 bit), size (30), number of the guard (16), of the refusal (16)');
        execute pg_catalog.format('create sequence queue_internal.refusal_when_%s minvalue 0 start 0', v_place);
        execute pg_catalog.format('comment on sequence queue_internal.refusal_when_%s is %L', v_place,
            'The same: milliseconds since 1970 (42 bits), number of the refusal (16)');
    end loop;
    for v_guard in 0 .. 31 loop
        execute pg_catalog.format('create sequence queue_internal.ingest_%s minvalue 0', v_guard);
        execute pg_catalog.format('comment on sequence queue_internal.ingest_%s is %L', v_guard,
            'Enqueues into the queue of this guard: the minute since 1970, and how many in it (36 bits)');
        execute pg_catalog.format('create sequence queue_internal.refused_size_%s', v_guard);
        execute pg_catalog.format('comment on sequence queue_internal.refused_size_%s is %L', v_guard,
            'How many enqueues its guard has refused as PAYLOAD_TOO_LARGE');
        execute pg_catalog.format('create sequence queue_internal.refused_rate_%s', v_guard);
        execute pg_catalog.format('comment on sequence queue_internal.refused_rate_%s is %L', v_guard,
            'How many enqueues its guard has refused as ENQUEUE_RATE_EXCEEDED');
    end loop;
end
$$;
