-- A lane is one sequence of deliveries with one cursor. Its id is computed from what it is for, so that sessions
-- that use it first at the same time agree without waiting for one another. For the same reason nothing here is
-- unique: the same lane may be listed twice until maintain() tidies up.
--   ready    jobs as they were enqueued: one lane for each queue, priority and stripe; in a fair queue also those of a group:
--            one for each, or as many as its weight
--   again    jobs that became due, were retried or released: one for each queue and priority
--   parked   jobs passed over by workers that do not know their kind: one for each queue, priority and kind; and, from the
--            start, due jobs with a routing key: one for each queue, priority, kind and routing key
--   waiting  jobs not due yet: one for each queue
--   leases   claims to be looked at when their lease ends, and jobs that may have nothing left to wait for: one for each queue
--   blocked  jobs that wait for others, not read by claims: one for each queue
--   throttled  jobs that their group's limit holds back, as far as they were carried: one for each gated queue; its claims
--            are those of queue_internal.throttled, its lock is the gate's
--   freed    notes of settles of a gated queue, which say where room may have come to be: one for each
create table queue_internal.lane (
    lane bigint not null,
    purpose text not null,
    queue text not null,
    priority smallint not null,
    stripe smallint not null,
    kind text,
    routing_key text,
    group_key text,
    dropped boolean not null default false,
    rested xid8,
    constraint lane_purpose check (purpose in ('ready', 'again', 'parked', 'waiting', 'leases', 'blocked', 'throttled', 'freed'))
);
comment on table queue_internal.lane is 'Every lane in use, by queue';
comment on column queue_internal.lane.group_key is 'The one group of a fair queue whose jobs it holds';
comment on column queue_internal.lane.dropped is
    'Its queue was dropped; still read, because a job may have been enqueued meanwhile';
comment on column queue_internal.lane.rested is
    'Claims do not look at it: it was empty, but for what transactions from this one on may have written; null for '
    'the others';

create index lane_queue on queue_internal.lane (queue, purpose, priority, stripe, lane);
create index lane_claimed on queue_internal.lane (queue, purpose, priority, stripe, lane) where rested is null;
