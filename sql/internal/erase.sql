create or replace function queue_internal.erase_queue(queue text)
returns void
language plpgsql volatile
as $$
-- Deletes what a queue consists of. Its lanes stay listed, as dropped: a producer whose transaction is still open may
-- have found them, and what it commits must be found as well.
declare
    v_lanes bigint[] := array(select l.lane from queue_internal.lane as l where l.queue = erase_queue.queue);
begin
    delete from queue_internal.blocked as b where b.queue = erase_queue.queue;
    perform queue_internal.note_ended(array(
        select p.parent_id from queue_internal.dependency as p
        where p.parent_id in (select d.job_id from queue_internal.delivery as d where d.lane = any (v_lanes))), false);
    delete from queue_internal.canceled as c
    where c.job_id in (select d.job_id from queue_internal.delivery as d where d.lane = any (v_lanes));
    delete from queue_internal.replay as r
    where r.job_id in (select d.job_id from queue_internal.delivery as d where d.lane = any (v_lanes));
    delete from queue_internal.event as e
    where e.job_id in (select d.job_id from queue_internal.delivery as d where d.lane = any (v_lanes));
    delete from queue_internal.attempt as a
    where a.lease_token in (select c.token from queue_internal.claim as c where c.lane = any (v_lanes) and c.token <> 0);
    -- A claim of nothing keeps the cursor and forgets whom it handed jobs to: a late settle finds no claim.
    update queue_internal.claim as c set token = 0, ids = null, job_ids = null
    where c.lane = any (v_lanes) and c.token <> 0;
    delete from queue_internal.admitted as u
    where u.job_id in (select d.job_id from queue_internal.delivery as d where d.lane = any (v_lanes));
    delete from queue_internal.delivery as d where d.lane = any (v_lanes);
    delete from queue_internal.void as v where v.lane = any (v_lanes);
    delete from queue_internal.throttled as b where b.queue = erase_queue.queue;
    delete from queue_internal.held as h where h.queue = erase_queue.queue;
    delete from queue_internal.gate as g where g.queue = erase_queue.queue;
    delete from queue_internal.policy_decision as p where p.queue = erase_queue.queue;
    delete from queue_internal.tally as t where t.queue = erase_queue.queue;
    delete from queue_internal.dead_letter as d where d.queue = erase_queue.queue;
    delete from queue_internal.archived_job as j where j.queue = erase_queue.queue;
    delete from queue_internal.ingest_decision as i where i.queue = erase_queue.queue;
    update queue_internal.guard as g set dropped_at = queue.now() where g.queue = erase_queue.queue;
    delete from queue_internal.unique_key as u where u.queue = erase_queue.queue;
    delete from queue_internal.queue as q where q.name = erase_queue.queue;
    update queue_internal.lane as l set dropped = true where l.queue = erase_queue.queue and not l.dropped;
end
$$;
