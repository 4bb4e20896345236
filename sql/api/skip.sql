create or replace function queue.skip(job_id bigint, lease_token bigint, reason text)
returns queue.verdict
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- States: running -> skipped, for ever. Locks: the attempt's key.
begin
    return queue_internal.end_attempt(job_id, lease_token, 'skipped', error_message => left(reason, 10000));
end
$$;
comment on function queue.skip(bigint, bigint, text) is
    'Ends a running job without doing it; reason is kept to 10,000 characters.';
