-- Deliveries, claims and attempts live in a ring of three slots (0, 1, 2); slot 3 keeps what outlives its slot.
create table queue_internal.rotation (
    singleton boolean not null default true,
    slot smallint not null default 0,
    switched_at timestamptz not null default now(),
    system_identifier bigint,
    constraint rotation_pkey primary key (singleton),
    constraint rotation_singleton check (singleton)
);
comment on table queue_internal.rotation is 'Which slot is being filled, and since when';
comment on column queue_internal.rotation.system_identifier is 'The cluster these transaction ids belong to';

insert into queue_internal.rotation (system_identifier)
select system_identifier from pg_catalog.pg_control_system();

-- Apart from the rotation, whose row a claim in REPEATABLE READ locks: an update of that row waits for such a claim,
-- and fails the next one. Only whoever has the rotation's advisory lock writes this one.
create table queue_internal.emptying (
    singleton boolean not null default true,
    carried_at timestamptz,
    carried_snapshot pg_snapshot,
    looked_at timestamptz,
    settled_since timestamptz,
    tried_at timestamptz,
    constraint emptying_pkey primary key (singleton),
    constraint emptying_singleton check (singleton)
);
comment on table queue_internal.emptying is 'How far the next slot is emptied';
comment on column queue_internal.emptying.carried_at is 'When nothing was left in it to be moved; null: not yet';
comment on column queue_internal.emptying.carried_snapshot is
    'What was visible before it was seen that nothing was left';
comment on column queue_internal.emptying.looked_at is
    'When that was seen once more, so that only the lock on its tables is wanting';
comment on column queue_internal.emptying.settled_since is
    'What was settled in it since then is looked for again, at the second look and under that lock; null: all';
comment on column queue_internal.emptying.tried_at is 'When the lock was last tried for';

insert into queue_internal.emptying default values;

create table queue_internal.upkeep (
    singleton boolean not null default true,
    maintained_at timestamptz,
    constraint upkeep_pkey primary key (singleton),
    constraint upkeep_singleton check (singleton)
);
comment on table queue_internal.upkeep is 'When maintain() last ran, to ten seconds';

insert into queue_internal.upkeep default values;

create table queue_internal.pruned (
    lane bigint not null,
    upto bigint not null,
    forgotten bigint not null,
    seen xid8 not null,
    constraint pruned_pkey primary key (lane)
);
comment on table queue_internal.pruned is
    'How far ended jobs were forgotten, in queues with a shorter retention than the ring''s';
comment on column queue_internal.pruned.upto is
    'The lane''s last claim of which all was found ended; of lane 0, the last canceled job that was looked at';
comment on column queue_internal.pruned.forgotten is 'The last claim whose jobs were forgotten';
comment on column queue_internal.pruned.seen is
    'Transactions before this one have to be over before the claims up to upto are forgotten';

create table queue_internal.tally (
    queue text not null,
    counted_at timestamptz not null,
    scheduled bigint not null,
    retrying bigint not null
);
comment on table queue_internal.tally is
    'How many jobs waited in each queue where they were many. Nothing is unique, so that who counts waits for nobody';
comment on column queue_internal.tally.queue is 'Empty for when maintain() last counted';

create index tally_queue on queue_internal.tally (queue, counted_at);
