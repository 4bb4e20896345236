create or replace function queue.metrics_prometheus()
returns text
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
-- What queue.stats() and queue.health() say, in the text format that Prometheus scrapes. Reads only.
declare
    v_jobs text[];
    v_age text[];
    v_rate text[];
    v_run text[];
    v_paused text[];
    v_estimated text[];
    v_health text[];
begin
    select
        array_agg(queue_internal.metric_sample(array['queue', s.queue_name, 'state', n.state], n.jobs)
            order by s.place, n.place) filter (where n.state is not null),
        array_agg(queue_internal.metric_sample(array['queue', s.queue_name],
            coalesce(extract(epoch from s.oldest_ready_age), 0)) order by s.place) filter (where n.place = 1),
        array_agg(queue_internal.metric_sample(array['queue', s.queue_name, 'outcome', n.outcome], n.ended)
            order by s.place, n.place) filter (where n.outcome is not null),
        array_agg(queue_internal.metric_sample(array['queue', s.queue_name], extract(epoch from s.mean_run_time))
            order by s.place) filter (where n.place = 1 and s.mean_run_time is not null),
        array_agg(queue_internal.metric_sample(array['queue', s.queue_name], s.paused::int) order by s.place)
            filter (where n.place = 1),
        array_agg(queue_internal.metric_sample(array['queue', s.queue_name], s.estimated::int) order by s.place)
            filter (where n.place = 1)
    into v_jobs, v_age, v_rate, v_run, v_paused, v_estimated
    from queue.stats() with ordinality as s (queue_name, paused, ready, scheduled, retrying, running, dead,
        oldest_ready_age, succeeded, failed, mean_run_time, estimated, place)
    cross join lateral (values
        (1, 'ready', s.ready, 'succeeded', s.succeeded), (2, 'scheduled', s.scheduled, 'failed', s.failed),
        (3, 'retrying', s.retrying, null, null), (4, 'running', s.running, null, null),
        (5, 'dead', s.dead, null, null)
    ) as n (place, state, jobs, outcome, ended);
    select array_agg(queue_internal.metric_sample(array['check', h.check_name], h.ok::int)) into v_health
    from queue.health() as h;
    return queue_internal.metric('quoll_jobs', 'gauge', 'Jobs by queue and state.', v_jobs)
        || queue_internal.metric('quoll_oldest_ready_age_seconds', 'gauge',
            'How long the first job that may run has waited; 0 when there is none.', v_age)
        || queue_internal.metric('quoll_attempts_ended_per_minute', 'gauge',
            'Attempts that ended in the last minute, by queue and outcome.', v_rate)
        || queue_internal.metric('quoll_mean_run_time_seconds', 'gauge',
            'From claim to end of the attempts that ended in the last minute.', v_run)
        || queue_internal.metric('quoll_queue_paused', 'gauge', '1 when the queue is paused.', v_paused)
        || queue_internal.metric('quoll_queue_estimated', 'gauge', '1 when a number of the queue is an estimate.',
            v_estimated)
        || queue_internal.metric('quoll_health', 'gauge', '1 when the check of queue.health() is ok.', v_health);
end
$$;
comment on function queue.metrics_prometheus() is
    'queue.stats() and queue.health() as text in the Prometheus exposition format';
