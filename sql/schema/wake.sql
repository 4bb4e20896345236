-- Bells that commit nothing: a sequence is the one thing a transaction can read and set without waiting for, or
-- being undone with, anybody. Each holds the number of the last look that found nothing, or 0 when something was
-- enqueued since. Queues share the 32 of them by hash; sharing costs a needless wake-up, never a job.
do $$
begin
    for v_bucket in 0 .. 31 loop
        execute pg_catalog.format('create sequence queue_internal.wake_%s minvalue -9223372036854775807 start 0', v_bucket);
        execute pg_catalog.format('comment on sequence queue_internal.wake_%s is %L', v_bucket,
            'The last look that found nothing; 0 when something was enqueued since');
    end loop;
end
$$;

-- Queues that were looked at closely and had nothing to hand out, so that the next claim need not look at every lane.
-- Insert-only, found by equality: dead rows under a held snapshot are never walked over. Unlogged: after a crash, on a
-- replica and in a subscriber it is empty, which costs one look.
create unlogged table queue_internal.idle (
    look bigint not null,
    queue text not null,
    priority smallint not null,
    kinds text[] not null,
    routing_keys text[] not null,
    pending xid8[]
);
comment on table queue_internal.idle is 'Looks that found nothing, while their number stands on the queue''s bell';
comment on column queue_internal.idle.kinds is 'The kinds that were looked for; empty for any';
comment on column queue_internal.idle.routing_keys is
    'The routing keys that were looked for; empty for none, begins with an empty one when only jobs with these were';
comment on column queue_internal.idle.pending is
    'Transactions in progress then that may have enqueued before the bell was armed: the end of any calls for another '
    'look';

create index idle_look on queue_internal.idle (look);
