create or replace function queue.release(job_id bigint, lease_token bigint)
returns queue.verdict
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- States: running -> ready, before newer jobs; the attempt is not charged. Locks: the attempt's key.
begin
    return queue_internal.requeue_attempt(job_id, lease_token, 'released', null);
end
$$;
comment on function queue.release(bigint, bigint) is
    'Gives a running job back to its queue at once, without charging the attempt.';
