-- Nobody may do anything, then who may do what: the whole of it, replayed at every upgrade.
revoke all on schema queue, queue_internal from public;
revoke all on all tables in schema queue, queue_internal from public;
revoke all on all sequences in schema queue, queue_internal from public;
revoke all on all routines in schema queue, queue_internal from public;
revoke all on type queue.verdict, queue.claimed_job, queue_internal.outcome, queue_internal.failure, queue_internal.outlook, queue_internal.ended_jobs,
    queue_internal.row_keys, queue_internal.taken, queue_internal.opening, queue_internal.claim_request,
    queue_internal.cron from public;

grant usage on schema queue to queue_producer, queue_worker, queue_operator, queue_monitor;
grant usage on type queue.verdict, queue.claimed_job to queue_producer, queue_worker, queue_operator, queue_monitor;
grant execute on function queue.version(), queue.now() to queue_producer, queue_worker, queue_operator, queue_monitor;

grant execute on function
    queue.enqueue(text, text, jsonb, timestamptz, int, int, text, text, jsonb, interval, text, bigint[], text, text),
    queue.enqueue_batch(text, text, jsonb[], timestamptz, int, int, text, text, jsonb, interval, text, bigint[], text,
        text),
    queue.enqueue_batch(text, jsonb)
to queue_producer, queue_operator;

grant execute on function
    queue.claim_batch(text, text, int, interval, text[], text[]),
    queue.complete(bigint, bigint, jsonb),
    queue.complete_batch(bigint[], bigint[], jsonb[]),
    queue.fail(bigint, bigint, text, text, interval, boolean),
    queue.fail_batch(jsonb),
    queue.snooze(bigint, bigint, interval),
    queue.release(bigint, bigint),
    queue.skip(bigint, bigint, text),
    queue.heartbeat(bigint[], bigint[], interval),
    queue.channel(text),
    queue.maintain()
to queue_worker, queue_operator;

grant execute on function
    queue.cancel(bigint),
    queue.cancel_jobs(text, text, text, int, boolean),
    queue.retry(bigint),
    queue.replay(bigint, text, timestamptz),
    queue.redrive(text, text, text, int, boolean, interval, interval),
    queue.create_queue(text, jsonb),
    queue.configure_queue(text, jsonb),
    queue.pause_queue(text),
    queue.resume_queue(text),
    queue.drop_queue(text, boolean),
    queue.schedule(text, text, text, text, jsonb, text, text),
    queue.unschedule(text),
    queue.pause_schedule(text),
    queue.resume_schedule(text)
to queue_operator;

grant select on queue.job, queue.attempt, queue.dead_letter, queue.schedule, queue.ingest_decision, queue.policy_decision,
    queue.archived_job to queue_operator, queue_monitor;
grant execute on function
    queue.get_job(bigint),
    queue.list_jobs(text, text, text, bigint, int),
    queue.list_queues(),
    queue.timeline(bigint),
    queue.explain(bigint),
    queue.wait_for(bigint, interval),
    queue.next_fires(text, int),
    queue.health(),
    queue.stats(text),
    queue.metrics_prometheus(),
    queue.verify()
to queue_operator, queue_monitor;
-- The views queue.job and queue.ingest_decision call them for whoever reads the view.
grant execute on function queue_internal.job_row(bigint), queue_internal.pending_refusals() to queue_operator, queue_monitor;
