-- One row for each claim, and the lane's cursor after it: the newest row of a lane is its cursor.
-- (lane, number) is unique so that a claimer with an old snapshot is refused instead of handing jobs out twice.
create table queue_internal.claim (
    lane bigint not null,
    number bigint not null,
    token bigint not null,
    last_xid xid8 not null,
    last_id bigint not null,
    claimed_at timestamptz not null,
    leased_until timestamptz,
    due_at timestamptz,
    due_id bigint,
    next_at timestamptz,
    next_id bigint,
    run_at timestamptz,
    run_id bigint,
    slot smallint not null,
    home smallint not null,
    exhausted boolean not null,
    keyed boolean not null default false,
    receipts boolean not null default false,
    before pg_snapshot not null,
    upto pg_snapshot not null,
    worker text,
    ids bigint[],
    job_ids bigint[],
    attempts smallint[],
    before_xids xid8[],
    before_ids bigint[],
    own_xids xid8[],
    own_ids bigint[],
    gate text
) partition by list (slot);
comment on table queue_internal.claim is 'Append-only log of claims; the newest row of a lane is its cursor';
comment on column queue_internal.claim.before is 'Rows visible in this snapshot were handed out before';
comment on column queue_internal.claim.upto is
    'Rows visible in this one, but not in before, are being handed out, up to last_xid, last_id';
comment on column queue_internal.claim.exhausted is
    'Everything up to upto was handed out: the next claim takes a new snapshot';
comment on column queue_internal.claim.home is
    'The slot whose attempts settle this claim, also after the row was copied';
comment on column queue_internal.claim.ids is 'Deliveries handed out';
comment on column queue_internal.claim.job_ids is 'Their jobs, where any differs from its delivery''s id';
comment on column queue_internal.claim.attempts is 'Their attempt numbers, where any is not 1';
comment on column queue_internal.claim.keyed is 'Some job of it holds a unique key that its end must give back';
comment on column queue_internal.claim.receipts is 'Its queue had history = receipts: every settlement writes one';
comment on column queue_internal.claim.gate is 'The gated queue to which its settles give room; null for another queue';
comment on column queue_internal.claim.own_xids is
    'Transactions not visible in upto that claimed rows of their own before they committed, up to own_ids';
comment on column queue_internal.claim.next_id is
    'The row after the last one handed out, ready since next_at; null when it is not known';
comment on column queue_internal.claim.run_at is
    'Whoever claims next may go on in the lane without a look at the others, up to the job that has been ready since then, '
    'with the id run_id, the first one of the lane that came next in a look; infinity: to the end of the window; null: not';
comment on column queue_internal.claim.due_at is 'In a waiting lane: everything up to (due_at, due_id) was promoted';

create table queue_internal.claim_0 partition of queue_internal.claim for values in (0);
create table queue_internal.claim_1 partition of queue_internal.claim for values in (1);
create table queue_internal.claim_2 partition of queue_internal.claim for values in (2);
create table queue_internal.claim_kept partition of queue_internal.claim for values in (3);

create unique index claim_number on queue_internal.claim (lane, number, slot);
create index claim_token on queue_internal.claim (token);

create sequence queue_internal.token;
comment on sequence queue_internal.token is 'Lease tokens, with random low bits and the claim''s slot added';
