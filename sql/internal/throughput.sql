create or replace function queue_internal.throughput(span interval)
returns table (queue text, succeeded bigint, failed bigint, mean_run_time interval, estimated boolean)
language plpgsql volatile
as $$
-- What ended in the time span until now, by queue: attempts that succeeded, attempts that failed or were lost, and how
-- long both ran. From at most eight blocks of each slot's attempts, about 800 rows.
declare
    v_since timestamptz := queue.now() - span;
begin
    return query
    select q.queue,
        round(sum(s.share) filter (where s.outcome = 'succeeded'))::bigint,
        round(sum(s.share) filter (where s.outcome in ('failed', 'lost')))::bigint,
        make_interval(secs => sum(s.share * s.ran) / sum(s.share)),
        bool_or(s.share > s.rows)
    from (
        select c.lane, g.outcome, g.rows, g.rows * greatest(n.blocks / 8.0, 1) as share,
            (g.finished - extract(epoch from c.claimed_at))::float8 as ran
        from (
            select p.slot, p.first, queue_internal.slot_blocks('attempt', p.slot) - p.first as blocks
            from (
                select g.slot, queue_internal.first_block_since(g.slot, v_since) as first
                from generate_series(0, 2) as g (slot)
                offset 0
            ) as p
            offset 0
        ) as n
        cross join lateral queue_internal.spread(n.first, n.first + n.blocks, 8) as b (block)
        cross join lateral (
            select a.lease_token, a.outcome,
                sum(j.jobs) as rows, sum(j.jobs * extract(epoch from a.finished_at)) / sum(j.jobs) as finished
            from queue_internal.attempt as a
            cross join lateral (select case when a.job_id > 0 then 1 else cardinality(a.job_ids) end as jobs) as j
            where a.slot = n.slot and a.ctid >= queue_internal.block_start(b.block)
                and a.ctid < queue_internal.block_start(b.block + 1)
                and a.finished_at >= v_since and j.jobs > 0
                and a.outcome in ('succeeded', 'failed', 'lost')
            group by a.lease_token, a.outcome
        ) as g
        cross join lateral (
            select k.lane, k.claimed_at from queue_internal.claim as k where k.token = g.lease_token limit 1) as c
    ) as s
    join (select distinct l.lane, l.queue from queue_internal.lane as l) as q on q.lane = s.lane
    group by q.queue;
end
$$;
