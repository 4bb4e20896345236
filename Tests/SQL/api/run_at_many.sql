-- Many due jobs at once, promoted by one statement: each once, in the order of their due dates, in the lane of its
-- priority, but for those that were canceled; with their bodies when the slots have changed since.
\ir ../support/common.sql
select plan(12);

select queue.create_queue('q', '{"stripes": 1}') \g /dev/null
select queue.enqueue('q', 'k', to_jsonb(n), headers => jsonb_build_object('n', n), priority => n % 3,
    run_at => now() + interval '1 day' - n * interval '1 second') as job_id
from generate_series(1, 300) as n \g /dev/null
select queue.cancel_jobs('q', 'scheduled', max_jobs => 20) as canceled \gset
-- A day later, without the wait, and in the next slot
update queue_internal.delivery set due_at = due_at - interval '2 days' where queue = 'q';
select slot as old_slot from queue_internal.rotation \gset
update queue_internal.rotation set slot = (slot + 1) % 3;
create temp view again as
select d.*, l.priority as lane_priority from queue_internal.delivery as d
join queue_internal.lane as l on l.lane = d.lane and l.purpose = 'again' and l.queue = 'q';

select is((queue.maintain() ->> 'promoted')::int, 280, 'all that were not canceled are promoted');
select is((select count(distinct a.job_id) from again as a), 280::bigint, 'each of them');
select is((select count(*) from again), 280::bigint, 'once');
select is((select count(*) from again as a where a.lane_priority <> a.priority), 0::bigint, 'in the lane of its priority');
select is((select count(*) from (select a.due_at < lag(a.due_at) over (order by a.id) as is_early from again as a) as o where o.is_early),
    0::bigint, 'in the order of their due dates');
select is((select count(*) from again as a where a.slot <> :old_slot and a.headers ->> 'n' = a.payload::text), 280::bigint,
    'with the bodies that stand in another slot');
select is((select count(*) from queue_internal.void as v join queue_internal.lane as l using (lane) where l.purpose = 'waiting'),
    0::bigint, 'canceled ones are forgotten');
select is((queue.maintain() ->> 'promoted')::int, 0, 'none is promoted again');

-- In the slot in which they were enqueued the body stays where it is.
select queue.enqueue('q', 'k', run_at => now() + interval '1 day') from generate_series(1, 5) \g /dev/null
update queue_internal.delivery set due_at = clock_timestamp() where queue = 'q' and due_at > now() + interval '1 hour';
select is((queue.maintain() ->> 'promoted')::int, 5, 'later ones are promoted');
select is((select count(*) from again as a where a.payload is null), 5::bigint, 'without a second copy of their bodies');
select is((select count(*) from queue.claim_batch('q', 'w', 500) as c where c.payload is not null), 285::bigint,
    'all are handed out, with their bodies');
select is_empty($$ select * from queue.claim_batch('q', 'w', 500) $$, 'once');

select * from finish();
