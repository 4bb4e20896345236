-- How many jobs are still to run or running, counted up to 10,001.
select pg_catalog.count(*) as live
from (
    select from queue.job
    where state::text in ('scheduled', 'ready', 'blocked', 'running', 'retrying')
    limit 10001
) j;
