-- :jobs ready jobs, in calls of at most 100,000
select count(*)
from (
    select array_agg(jsonb_build_object('n', n, 'a', repeat('0123456789', 7))) as payloads
    from generate_series(1, :jobs) as n group by n / 100000
) as p
cross join lateral queue.enqueue_batch('bench', 'k', p.payloads) as id;
