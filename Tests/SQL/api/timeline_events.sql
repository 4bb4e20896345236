-- queue.timeline tells of what becomes of a job by other calls than a worker's, for as long as the job is kept.
\ir ../support/common.sql
select plan(26);

create function pg_temp.events(job bigint) returns text volatile language plpgsql as $$
begin
    return (select string_agg(concat_ws(' ', t.event, t.attempt, t.detail), '; ') from queue.timeline(job) as t);
end
$$;

-- cancel
select queue.enqueue('q', 'k') as ready \gset
select queue.enqueue('q', 'k', run_at => now() + interval '1 hour') as later \gset
select queue.cancel(:ready) as x, queue.cancel(:later) as y \gset
select is(pg_temp.events(:ready), 'enqueued; canceled', 'the cancellation of a ready job');
select is(pg_temp.events(:later), 'enqueued; canceled', 'and of a scheduled one');
select queue.enqueue('q', 'k') as id \gset
select job, token from pg_temp.take('q') \gset
select queue.cancel(:id) as x \gset
select alike(pg_temp.events(:id), 'enqueued; claimed 1; canceled 1', 'that of a running one is its attempt''s end, told once');
select queue.retry(:id) as x \gset
select is(pg_temp.events(:id), 'enqueued; claimed 1; canceled 1; retried was canceled', 'also when it was made ready again');
select queue.cancel(:id) as x \gset
select is(pg_temp.events(:id), 'enqueued; claimed 1; canceled 1; retried was canceled; canceled', 'a second cancellation');
select count(queue.enqueue('many', 'k', run_at => case when n > 2 then now() + interval '1 hour' end))
from generate_series(1, 4) as n \g /dev/null
select queue.cancel_jobs('many') as x \gset
select is((select array_agg(distinct pg_temp.events(j.job_id)) from queue.job as j where j.queue = 'many'), '{enqueued; canceled}',
    'cancellations in bulk');
select queue.retry(:ready) as x, queue.cancel(:ready) as y, queue.retry(:ready) as z \gset
select is(pg_temp.events(:ready), 'enqueued; canceled; retried was canceled; canceled; retried was canceled',
    'what was canceled twice and brought back');
select is((select array_agg(t.at order by t.at) = array_agg(t.at) from queue.timeline(:ready) as t), true, 'in order');

-- death, retry and redrive
select queue.enqueue('d', 'k', max_attempts => 1) as dead \gset
select job, token from pg_temp.take('d') \gset
select queue.fail(:job, :token, 'E') \g /dev/null
select queue.retry(:dead) as x \gset
select is(pg_temp.events(:dead), 'enqueued; claimed 1; failed 1 E; dead 1 MAX_ATTEMPTS_EXCEEDED: E; retried was dead',
    'a retry tells of the death before it');
select job, token from pg_temp.take('d') \gset
select queue.fail(:job, :token, 'F') \g /dev/null
select queue.redrive('d') as x \gset
select alike(pg_temp.events(:dead), '%; retried was dead; claimed 2; failed 2 F; dead 2 MAX_ATTEMPTS_EXCEEDED: F; redriven was dead',
    'so does a redrive');
select queue.retry(:dead) as x \gset
select unalike(pg_temp.events(:dead), '%; redriven was dead; %', 'a retry of a ready job does nothing, and leaves nothing');
select queue.enqueue('s', 'k') as id \gset
select job, token from pg_temp.take('s') \gset
select queue.skip(:job, :token, 'no need') \g /dev/null
select queue.retry(:id) as x \gset
select is(pg_temp.events(:id), 'enqueued; claimed 1; skipped 1 no need; retried was skipped', 'a skipped job');
select queue.enqueue('s', 'k', run_at => now() + interval '1 hour') as later \gset
select queue.retry(:later) as x \gset
select is(pg_temp.events(:later), 'enqueued; retried was scheduled', 'a scheduled one');

-- a unique job that is changed
select queue.enqueue('u', 'k', '1', unique_key => 'u') as id \gset
select queue.enqueue('u', 'k', '2', unique_key => 'u', on_conflict => 'replace') as x \gset
select queue.enqueue('u', 'k', '3', unique_key => 'u', on_conflict => 'reschedule', run_at => now() + interval '1 hour') as x \gset
select queue.enqueue('u', 'k', '4', unique_key => 'u') as x \gset
select alike(pg_temp.events(:id), 'enqueued; replaced; rescheduled due at %; due 1', 'what an enqueue with its unique key did to a job');

-- jobs that wait for others
select queue.enqueue('p', 'k') as parent, queue.enqueue('p', 'k') as other \gset
select queue.enqueue('c', 'k', after => array[:parent, :other, :parent]) as child \gset
select is(pg_temp.events(:child), format('enqueued; blocked until 2 jobs have ended: %s, %s', :parent, :other), 'for which jobs one waits');
select queue.complete(c.job_id, c.lease_token) from queue.claim_batch('p', 'w', 2) as c \g /dev/null
select queue.maintain() \g /dev/null
select is(pg_temp.events(:child), format('enqueued; blocked until 2 jobs have ended: %s, %s; unblocked', :parent, :other),
    'also when they have ended');
select queue.enqueue('p', 'k') as parent \gset
select queue.enqueue('c', 'k', after => array[:parent]) as child, queue.enqueue('c', 'k', after => array[:parent]) as called_off,
    queue.enqueue('c', 'k', after => array[:parent]) as hasty \gset
select queue.cancel(:called_off) as x, queue.retry(:hasty) as y \gset
select is(pg_temp.events(:called_off), format('enqueued; blocked until 1 jobs have ended: %s; canceled', :parent),
    'one that is canceled while it waits');
select is(pg_temp.events(:hasty), format('enqueued; blocked until 1 jobs have ended: %s; unblocked; retried was blocked', :parent),
    'one that waits no longer');
select queue.cancel(:parent) as x \gset
select queue.maintain() \g /dev/null
select is(pg_temp.events(:child), format('enqueued; blocked until 1 jobs have ended: %1$s; canceled job %1$s is dead or canceled', :parent),
    'one whose parent failed');
select queue.retry(:child) as x, queue.cancel(:child) as y \gset
select is(pg_temp.events(:child), format('enqueued; blocked until 1 jobs have ended: %1$s; canceled job %1$s is dead or canceled; '
    'retried was canceled; canceled', :parent), 'and that was canceled by hand later');
select queue.enqueue('c', 'k', after => array(select queue.enqueue('p', 'k') from generate_series(1, 25))) as child \gset
select matches(pg_temp.events(:child), '^enqueued; blocked until 25 jobs have ended: (\d+, ){20}…$', 'of many parents twenty are named');

-- how long they are kept
select is((select count(*) from queue_internal.event where job_id = :ready), 4::bigint, 'a job''s events');
update queue_internal.event set at = at - interval '2 hours';
select count(queue.maintain()) from generate_series(1, 20) \g /dev/null
select is((select count(*) from queue_internal.event where job_id = :ready), 4::bigint, 'stay while it is kept');
begin;
delete from queue_internal.delivery where job_id = :ready;
select count(queue_internal.prune_events(200)) from generate_series(1, 100) \g /dev/null
select is((select count(*) from queue_internal.event where job_id = :ready), 0::bigint, 'and go with it');
rollback;
select queue_internal.note_event(:ready, 'replaced', n::text) from generate_series(1, 150) as n \g /dev/null
select count(queue_internal.prune_events(200)) from generate_series(1, 200) \g /dev/null
select is((select count(*) from queue_internal.event where job_id = :ready), 100::bigint, 'a hundred at most, the last ones');
select queue.drop_queue('q', force => true) \g /dev/null
select is((select count(*) from queue_internal.event where job_id = :ready), 0::bigint, 'none of a queue that is dropped');

select * from finish();
