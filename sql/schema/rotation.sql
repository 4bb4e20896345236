-- Deliveries, claims and attempts live in a ring of three slots (0, 1, 2); slot 3 keeps what outlives its slot.
create table queue_internal.rotation (
    singleton boolean not null default true,
    slot smallint not null default 0,
    switched_at timestamptz not null default now(),
    carried_at timestamptz,
    carried_snapshot pg_snapshot,
    system_identifier bigint,
    constraint rotation_pkey primary key (singleton),
    constraint rotation_singleton check (singleton)
);
comment on table queue_internal.rotation is 'Which slot is being filled, since when, and how far the next one is emptied';
comment on column queue_internal.rotation.carried_snapshot is
    'What was visible when the last survivor of the next slot was copied; null: not yet';
comment on column queue_internal.rotation.system_identifier is 'The cluster these transaction ids belong to';

insert into queue_internal.rotation (system_identifier)
select system_identifier from pg_catalog.pg_control_system();

-- Apart from the rotation, which a claim in REPEATABLE READ locks: every update of that row fails such a claim.
create table queue_internal.upkeep (
    singleton boolean not null default true,
    maintained_at timestamptz,
    constraint upkeep_pkey primary key (singleton),
    constraint upkeep_singleton check (singleton)
);
comment on table queue_internal.upkeep is 'When maintain() last ran, to ten seconds';

insert into queue_internal.upkeep default values;
