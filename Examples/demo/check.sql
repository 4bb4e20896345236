-- What is not as it should be at the end of the demo, a line each; nothing when all is well. Run after report.sql.
select 'job ' || e.job_id || ' (' || e.input || ') is ' || e.state || coalesce(': ' || l.reason_code, '')
from demo_end as e
left join queue.dead_letter as l using (job_id)
where case e.input
    when 'missing file' then e.state <> 'dead' or l.reason_code <> 'MAX_ATTEMPTS_EXCEEDED' or l.attempts <> 3
    when 'file that comes late' then e.state <> 'succeeded'
    when 'file' then not (e.state = 'succeeded' and e.sha256 is not null
        or e.state = 'dead' and l.reason_code in ('MAX_ATTEMPTS_EXCEEDED', 'NON_RETRYABLE'))
    -- one failure is enough; an attempt that was lost with its worker says nothing of the input
    else e.state <> 'dead' or l.reason_code <> 'NON_RETRYABLE' or 1 <> (
        select count(*) from demo_attempt as a where a.job_id = e.job_id and a.outcome <> 'lost')
end
union all
select 'job ' || e.job_id || ' came late and yet needed no second attempt'
from demo_end as e
where e.input = 'file that comes late' and not exists (
    select from demo_attempt as a where a.job_id = e.job_id and a.outcome = 'failed')
union all
select 'no job was lost with worker-1'
where not exists (select from demo_attempt as a where a.outcome = 'lost' and a.worker = 'worker-1')
union all
select 'job ' || lost.job_id || ' was lost with ' || lost.worker || ' and then not done by another'
from demo_attempt as lost
where lost.outcome = 'lost' and not exists (
    select from demo_attempt as done
    where done.job_id = lost.job_id and done.outcome <> 'lost' and done.worker <> lost.worker
        and done.finished_at > lost.finished_at);
