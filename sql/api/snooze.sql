create or replace function queue.snooze(job_id bigint, lease_token bigint, delay interval)
returns queue.verdict
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- States: running -> scheduled (retrying after an earlier failure); the attempt is not charged.
-- Locks: the attempt's key. Errors: 22023.
begin
    if delay is null then
        raise exception 'delay must not be null' using errcode = '22023', hint = 'for example interval ''1 minute''';
    end if;
    perform queue_internal.check_span('delay', delay, '0', '10 years');
    return queue_internal.requeue_attempt(job_id, lease_token, 'snoozed', queue.now() + delay);
end
$$;
comment on function queue.snooze(bigint, bigint, interval) is
    'Puts a running job off by delay, without charging the attempt.';
