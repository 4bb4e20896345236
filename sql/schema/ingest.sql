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
comment on table queue_internal.ingest_decision is 'Refused enqueues, as maintain() read them from the refusal sequences';
comment on column queue_internal.ingest_decision.number is 'Of the refusal, or of the last of several that were not kept';

create table queue_internal.refusal_reader (
    singleton boolean not null default true,
    number bigint not null default 0,
    constraint refusal_reader_pkey primary key (singleton),
    constraint refusal_reader_singleton check (singleton)
);
comment on table queue_internal.refusal_reader is 'Up to which number refusals were read';

insert into queue_internal.refusal_reader default values;

create sequence queue_internal.refusal;
comment on sequence queue_internal.refusal is 'Numbers refused enqueues';

do $$
begin
    for v_place in 0 .. 7 loop
        execute pg_catalog.format('create sequence queue_internal.refusal_what_%s minvalue 0 start 0', v_place);
        execute pg_catalog.format('comment on sequence queue_internal.refusal_what_%s is %L', v_place,
            'One of the last 8 refusals: reason (1 bit), hash of the queue (32), size (30)');
        execute pg_catalog.format('create sequence queue_internal.refusal_when_%s minvalue 0 start 0', v_place);
        execute pg_catalog.format('comment on sequence queue_internal.refusal_when_%s is %L', v_place,
            'The same: milliseconds since 1970 (42 bits), number of the refusal (20)');
    end loop;
    for v_counter in 0 .. 31 loop
        execute pg_catalog.format('create sequence queue_internal.ingest_%s minvalue 0 start 0', v_counter);
        execute pg_catalog.format('comment on sequence queue_internal.ingest_%s is %L', v_counter,
            'Enqueues into the queue that has this counter: the minute since 1970, and how many in it (36 bits)');
    end loop;
end
$$;
