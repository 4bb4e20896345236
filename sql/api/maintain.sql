create or replace function queue.maintain()
returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
set enable_bitmapscan = off
as $$
-- Promise: does a bounded share of what must happen now and then; call it again. Safe at any rate, by any number of
--     sessions: each part is done by one and skipped by the others. Never makes a claim wait.
-- States: scheduled, retrying -> ready when due; running -> retrying or dead when the lease has run out.
-- Locks: advisory locks of lanes, tried only. Returns what was done, as counts.
begin
    if current_setting('transaction_isolation') not in ('repeatable read', 'serializable') then
        return queue_internal.keep_up();
    end if;
    begin
        return queue_internal.keep_up();
    exception
        when serialization_failure then  -- what another has done since the snapshot: it need not be done here
            return jsonb '{"promoted": 0, "fired": 0, "rotation": "outdated", "refused": 0, "recounted": 0, "unblocked": 0,
                "pruned": 0, "tidied": 0}';
    end;
end
$$;
comment on function queue.maintain() is
    'Promotes due jobs, enqueues what schedules fire, reaps expired leases, rotates and prunes storage, a bounded '
    'share at each call; returns what it did: {promoted, fired, rotation, refused, recounted, unblocked, pruned, '
    'tidied}. Call it about once a second, from anywhere.';
