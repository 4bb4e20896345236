-- What is not as it should be at the end of the demo, a line each; nothing when all is well. Run after report.sql;
-- variable: held, the jobs that the killed worker held.
select 'job ' || e.job_id || ' (' || e.input || ') is ' || e.state || coalesce(': ' || l.reason_code, '')
from demo_end as e
left join queue.dead_letter as l using (job_id)
where case e.input
    when 'missing file' then e.state <> 'dead' or l.reason_code <> 'MAX_ATTEMPTS_EXCEEDED' or l.attempts <> 3
    when 'file that comes late' then e.state <> 'succeeded'
    when 'file' then not (e.state = 'succeeded' and e.sha256 is not null
        or e.state = 'dead' and l.reason_code in ('MAX_ATTEMPTS_EXCEEDED', 'NON_RETRYABLE'))
    else e.state <> 'dead' or l.reason_code <> 'NON_RETRYABLE' or l.attempts <> 1
end
union all
select 'job ' || e.job_id || ' came late and yet needed no second attempt'
from demo_end as e
where e.input = 'file that comes late' and not exists (
    select from demo_attempt as a where a.job_id = e.job_id and a.outcome = 'failed')
union all
select 'job ' || h.job_id || ' was held by the killed worker, and was not lost once and then done by another'
from unnest(:'held'::bigint[]) as h (job_id)
where not exists (
    select from demo_attempt as lost
    join demo_attempt as done using (job_id)
    where lost.job_id = h.job_id and lost.outcome = 'lost' and lost.worker = 'worker-1'
        and done.outcome = 'succeeded' and done.worker <> lost.worker and done.finished_at > lost.finished_at);
