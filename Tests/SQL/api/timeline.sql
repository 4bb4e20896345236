-- queue.timeline and queue.explain: a job's story, and why it is where it is.
\ir ../support/common.sql
select plan(24);

create function pg_temp.events(job bigint) returns text volatile language plpgsql as $$
begin
    return (select string_agg(concat_ws(' ', t.event, t.attempt, t.worker, t.detail), '; ')
        from queue.timeline(job) as t);
end
$$;

create function pg_temp.why(job bigint) returns text volatile language plpgsql as $$
begin
    return (select e.state || ' ' || e.reason from queue.explain(job) as e);
end
$$;

select is_empty($$ select * from queue.timeline(999999) $$, 'an unknown job has no story');
select is_empty($$ select * from queue.explain(999999) $$, 'and no explanation');

select queue.enqueue('q', 'k') as id \gset
select is(pg_temp.why(:id), 'ready NO_WORKER', 'ready, and nobody has ever claimed from the queue');
select alike((select hint from queue.explain(:id)), '%start a worker%', 'the hint says what to do');
select job as j, token as t from pg_temp.take('q') \gset
select is(pg_temp.why(:id), 'running RUNNING', 'running');
select alike((select detail from queue.explain(:id)), 'with worker ''w'' since %, leased until %',
    'where, and since when');
select alike(pg_temp.events(:id), 'enqueued; claimed 1 w leased until %', 'a claim is told before it is settled');
select queue.fail(:j, :t, 'E1', 'boom', interval '1 hour') is null as x \gset
select is(pg_temp.why(:id), 'retrying RETRY_WAIT', 'waiting for its next attempt');
select is(pg_temp.events(:id), 'enqueued; claimed 1 w; failed 1 w E1: boom; due 2', 'and so the story goes');
select queue.retry(:id) as x \gset
select is(pg_temp.why(:id), 'ready WAITING_TURN', 'ready, and workers are about');
select job as j, token as t from pg_temp.take('q') \gset
select queue.fail(:j, :t, 'E2', 'bang', permanent => true) is null as x \gset
select is(pg_temp.why(:id), 'dead NON_RETRYABLE', 'dead, and why');
select is((select detail from queue.explain(:id)), 'E2: bang', 'with its last error');
select alike(pg_temp.events(:id), '%failed 2 w E2: bang; dead 2 NON_RETRYABLE: E2', 'its death ends the story');

select queue.replay(:id) as again \gset
select is(pg_temp.events(:again), format('enqueued replay of job %s', :id), 'a replay names the job that it repeats');
select alike(pg_temp.events(:id), '%dead 2 NON_RETRYABLE: E2; replayed as job ' || :again, 'and the old one is told of it');
select queue.replay(:again) as third \gset
select queue.replay(:id) as fourth \gset
select is(pg_temp.events(:again), 'enqueued replay of job ' || :id || '; replayed as job ' || :third, 'both ways in one story');
select alike(pg_temp.events(:id), '%; replayed as job ' || :again || '; replayed as job ' || :fourth, 'each of several');
begin;
update queue_internal.replay set replayed_at = replayed_at - interval '2 hours';
delete from queue_internal.delivery where job_id = :id;
select queue.maintain() is null as x \gset
select is((select array_agg(job_id) from queue_internal.replay), array[:again::bigint],
    'what is known of replays goes with the old job');
rollback;

select queue.enqueue('q', 'rare', priority => -5) as rare \gset
select count(*) as x from queue.claim_batch('q', 'w', 10, kinds => '{k}') \gset
select count(*) as x from queue.claim_batch('q', 'w', 10, kinds => '{k}') \gset
select is(pg_temp.why(:rare), 'ready NO_WORKER_FOR_KIND', 'passed over by workers that do not know its kind');
select queue.pause_queue('q');
select is(pg_temp.why(:rare), 'ready QUEUE_PAUSED', 'a paused queue comes first among the reasons');

select queue.enqueue('later', 'k', run_at => now() + interval '1 day') as later \gset
select is(pg_temp.why(:later), 'scheduled SCHEDULED', 'scheduled');

select queue.enqueue('brief', 'k') as brief \gset
select count(*) as x from queue.claim_batch('brief', 'w', lease => interval '100 milliseconds') \gset
select pg_sleep(0.2);
select is(pg_temp.why(:brief), 'running LEASE_EXPIRED', 'a lease that has run out');

select queue.enqueue('done', 'k') as done \gset
select job as j, token as t from pg_temp.take('done') \gset
select queue.complete(:j, :t) is null as x \gset
select is(pg_temp.why(:done), 'succeeded ENDED', 'done');
select is(pg_temp.events(:done), 'enqueued; claimed 1 w; succeeded 1 w', 'a short story');

select * from finish();
