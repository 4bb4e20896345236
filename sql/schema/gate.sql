-- What limits a queue, and what waits for it. Only claims of gated queues (those with a limit) and maintain() write
-- here, one at a time for each queue, under its gate's lock: a settle inserts its attempt and a note, and waits for
-- nobody.
create table queue_internal.gate (
    queue text not null,
    group_key text not null,
    number bigint not null,
    in_flight int not null,
    throttled bigint not null,
    tokens double precision,
    retry_tokens double precision,
    refilled_at timestamptz,
    opens_at timestamptz,
    recounted_at timestamptz,
    recount_token bigint,
    recount_group text,
    constraint gate_pkey primary key (queue, group_key, number)
);
comment on table queue_internal.gate is 'How full a gated queue, or a group of it, is; the newest number counts';
comment on column queue_internal.gate.group_key is 'Empty for the queue as a whole';
comment on column queue_internal.gate.number is
    'A change is a row with the next number, and the old row''s deletion: the newest is found first, however many are '
    'dead';
comment on column queue_internal.gate.throttled is 'How many jobs wait in queue_internal.throttled';
comment on column queue_internal.gate.tokens is
    'Starts that were left in the bucket at refilled_at; null for a full one';
comment on column queue_internal.gate.retry_tokens is 'The same of retries, for the queue as a whole';
comment on column queue_internal.gate.opens_at is
    'From when a throttled job of the group may start; null while none may';
comment on column queue_internal.gate.recounted_at is
    'Of the queue as a whole: when its gates were last compared with what runs';

comment on column queue_internal.gate.recount_token is
    'Of the queue as a whole: how far a recount has looked at what is in flight; null when it is at the end, or none '
    'is under way';
comment on column queue_internal.gate.recount_group is 'The same of the groups';

create index gate_open on queue_internal.gate (queue, opens_at) where opens_at is not null;

create table queue_internal.held (
    token bigint not null,
    job_id bigint not null,
    queue text not null,
    group_key text,
    constraint held_pkey primary key (token, job_id)
);
comment on table queue_internal.held is
    'Jobs that count as in flight: claimed from a gated queue, not known to be settled';
comment on column queue_internal.held.token is
    'The lease; 0 for a job that is to be retried and keeps the others of its key in an ordered queue waiting';

create index held_queue on queue_internal.held (queue, group_key);
create index held_token on queue_internal.held (queue, token);

create table queue_internal.throttled (
    queue text not null,
    group_key text not null,
    rank smallint not null,
    job_id bigint not null,
    id bigint not null,
    slot smallint not null,
    kind text not null,
    attempt smallint not null,
    keyed boolean not null,
    routing_key text,
    constraint throttled_pkey primary key (queue, group_key, rank, job_id)
);
comment on table queue_internal.throttled is
    'Jobs that claims passed over because their group was full: they are taken from here';
comment on column queue_internal.throttled.rank is 'The priority, negative; 0 for all in an ordered queue';
comment on column queue_internal.throttled.id is 'The delivery';

create unique index throttled_id on queue_internal.throttled (id);
create index throttled_slot on queue_internal.throttled (slot);

create table queue_internal.admitted (
    id bigint not null,
    token bigint not null,
    job_id bigint not null,
    slot smallint not null,
    constraint admitted_pkey primary key (id)
);
comment on table queue_internal.admitted is
    'Which claim handed a delivery out that had been throttled: its lane''s cursor had passed it before';

create table queue_internal.policy_decision (
    number bigint not null,
    at timestamptz not null,
    queue text not null,
    group_key text,
    decision text not null,
    reason_code text not null,
    details jsonb not null,
    constraint policy_decision_pkey primary key (number)
);
comment on table queue_internal.policy_decision is 'Why claims of gated or paused queues left jobs where they were';

create index policy_decision_queue on queue_internal.policy_decision (queue, reason_code, group_key, at);
create index policy_decision_last on queue_internal.policy_decision (queue, number);

create sequence queue_internal.policy_decision_number;
comment on sequence queue_internal.policy_decision_number is 'Numbers policy decisions';
