-- Clocks that commit nothing: a sequence is the one thing a transaction can read and set without waiting for, or
-- being undone with, anybody. Each holds the time, in milliseconds since 1970, until which a worker that found
-- nothing may be waiting. Queues share the 32 of them by hash; sharing costs a needless wake-up, never a job.
do $$
begin
    for v_bucket in 0 .. 31 loop
        execute pg_catalog.format('create sequence queue_internal.wake_%s minvalue 0 start 0', v_bucket);
        execute pg_catalog.format('comment on sequence queue_internal.wake_%s is %L', v_bucket,
            'Milliseconds since 1970 until which a worker may be waiting for a NOTIFY');
    end loop;
end
$$;
