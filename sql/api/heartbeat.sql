create or replace function queue.heartbeat(job_ids bigint[], lease_tokens bigint[], lease interval default null)
returns table (job_id bigint, verdict queue.verdict)
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
-- Promise: the lease of each pair that is still held lasts at least lease from now; it is never shortened.
--     A lease that has run out but that nobody reaped is taken up again. canceled tells the handler to stop.
--     stale also when a transaction that is reaping it stays open: the caller cannot rely on the lease.
-- States: none change. Locks: a shared advisory lock for each claim, against its reaper; waits for one at most 2 s.
-- Errors: 22023 for arrays of unequal length or a bad lease.
declare
    v_pair record;
    v_claim queue_internal.claim;
    v_until timestamptz;
    v_held boolean;
    v_source queue_internal.delivery;
begin
    perform queue_internal.check_pairs(job_ids, lease_tokens, null);
    perform queue_internal.check_span('lease', lease, '100 milliseconds', '1 year');
    for v_pair in select p.job_id, p.token from unnest(job_ids, lease_tokens) as p (job_id, token) loop
        job_id := v_pair.job_id;
        if v_claim.token is distinct from v_pair.token then
            v_claim := queue_internal.claim_of(v_pair.token);
            v_held := v_claim.token is not null and queue_internal.hold_lease(v_pair.token);
        end if;
        if not v_held or v_pair.job_id is null
            or not exists (select from queue_internal.unsettled(v_claim, v_pair.job_id))
        then
            verdict := queue_internal.refusal(v_pair.job_id, v_pair.token);
        else
            v_source := queue_internal.latest(v_pair.job_id);
            v_until := queue.now() + coalesce(lease, (queue_internal.options(v_source.queue)).lease);
            if v_until > queue_internal.leased_until(v_claim, v_pair.job_id) then
                perform queue_internal.file_lease(v_source.queue, v_pair.token, v_pair.job_id, v_until);
            end if;
            verdict := 'ok';
        end if;
        return next;
    end loop;
end
$$;
comment on function queue.heartbeat(bigint[], bigint[], interval) is
    'Extends the leases of running jobs (pairwise arrays) to at least lease from now, the queue''s default when null; '
    'returns a verdict for each: anything but ok means that the handler should stop.';
