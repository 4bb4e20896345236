-- What the demo ends with. Run in the session of enqueue.sql.
\pset format aligned
\pset tuples_only off

\echo
\echo == Jobs by state
create temporary table demo_end as
select d.input, d.path, j.*, (j.result ->> 'bytes')::bigint as bytes, j.result ->> 'sha256' as sha256
from demo_job as d cross join lateral queue.get_job(d.job_id) as j;
create temporary table demo_attempt as
select a.* from queue.attempt as a
where a.job_id between :first_job and :last_job and a.job_id in (select job_id from demo_job);

select state, count(*) as jobs from demo_end group by state order by jobs desc;

select count(*) as attempts, round(extract(epoch from max(finished_at) - min(claimed_at)), 1) as seconds,
    round((select count(*) from demo_end) / extract(epoch from max(finished_at) - min(claimed_at))) as jobs_per_second
from demo_attempt;

select worker, count(*) filter (where outcome = 'succeeded') as succeeded,
    count(*) filter (where outcome = 'failed') as failed, count(*) filter (where outcome = 'lost') as lost
from demo_attempt group by worker order by worker;

\echo == What the jobs found out
select count(*) as files, pg_size_pretty(sum(bytes)) as size, sum((result ->> 'lines')::bigint) as lines,
    count(*) - count(distinct sha256) as duplicates, max(bytes) as largest_bytes,
    (array_agg(path order by bytes desc))[1] as largest
from demo_end where state = 'succeeded';

\echo == Dead letters
select l.job_id, l.reason_code, l.error_code, l.attempts, l.error_message
from queue.dead_letter as l where l.job_id in (select job_id from demo_job) order by l.job_id;

\echo == The story of a job that failed for good, and of one that was lost with its worker
select a.job_id, a.attempt, a.outcome, a.error_code, a.error_message, a.worker,
    to_char(a.claimed_at, 'HH24:MI:SS.MS') as claimed, to_char(a.finished_at, 'HH24:MI:SS.MS') as finished
from demo_attempt as a
where a.job_id = (select min(job_id) from demo_job where input = 'missing file')
    or a.job_id = (select min(job_id) from demo_attempt where outcome = 'lost')
order by a.job_id, a.finished_at;

\pset format unaligned
\pset tuples_only on
