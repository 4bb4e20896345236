-- The queues with jobs that are still to run or running: one row (queue) for each. Does not walk over finished jobs.
select q.queue from queue_internal.live_queues() as q(queue) order by 1;
