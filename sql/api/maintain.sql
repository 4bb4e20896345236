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
declare
    v_lane record;
    v_promoted int := 0;
begin
    for v_lane in select distinct l.lane, l.queue from queue_internal.lane as l where l.purpose in ('waiting', 'leases') loop
        v_promoted := v_promoted + queue_internal.promote(v_lane.lane, 1000, interval '0');
    end loop;
    return jsonb_build_object('promoted', v_promoted);
end
$$;
comment on function queue.maintain() is
    'Promotes due jobs, reaps expired leases, rotates and prunes storage, a bounded share at each call; '
    'returns counts of what it did. Call it about once a second, from anywhere.';
