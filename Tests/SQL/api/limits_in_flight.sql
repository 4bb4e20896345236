-- max_in_flight and max_in_flight_per_group: how many jobs of a queue, and of each group of it, run at a time.
\ir ../support/common.sql
select plan(66);

-- Claims up to a number of jobs; which, by their payloads.
create function pg_temp.claim(queue_name text, jobs int, known text[] default null) returns text volatile language sql as $$
    select coalesce(string_agg(c.payload #>> '{}', ' ' order by c.job_id), '') from queue.claim_batch(queue_name, 'w', jobs, kinds => known) as c
$$;
-- The token of a running job's lease.
create function pg_temp.token(job bigint) returns bigint volatile language sql as $$
    select c.token from queue_internal.claim as c
    where job = any (coalesce(c.job_ids, c.ids)) and not exists (
        select from queue_internal.attempt as a where a.lease_token = c.token and a.job_id = job)
$$;
create function pg_temp.named(queue_name text, name text) returns bigint volatile language sql as $$
    select j.job_id from queue.job as j where j.queue = queue_name and j.payload #>> '{}' = name
$$;
create function pg_temp.finish(queue_name text, name text) returns text volatile language sql as $$
    select queue.complete(j, pg_temp.token(j))::text from pg_temp.named(queue_name, name) as j
$$;
create function pg_temp.in_flight(queue_name text, key text default '') returns text volatile language sql as $$
    select g.in_flight || ' ' || g.throttled from queue_internal.gate_of(queue_name, key) as g
$$;

-- The queue as a whole.
select queue.create_queue('q', '{"max_in_flight": 3}');
select queue.enqueue('q', 'k', to_jsonb(n)) from generate_series(1, 12) as n \g /dev/null
select is(pg_temp.claim('q', 10), '1 2 3', 'as many as may run');
select is(pg_temp.claim('q', 10), '', 'and no more');
select is((select reason || ': ' || detail from queue.explain(pg_temp.named('q', '4'))),
    'IN_FLIGHT_EXCEEDED: 3 jobs of queue ''q'' are running, as many as may', 'explain says so');
select is(pg_temp.finish('q', '2'), 'ok', 'one ends');
select is((select reason from queue.explain(pg_temp.named('q', '4'))), 'WAITING_TURN', 'explain knows of it before a claim does');
select is(pg_temp.claim('q', 10), '4', 'and makes room for one');
select queue.fail(j, pg_temp.token(j), 'E', retry_in => '1 hour') from pg_temp.named('q', '1') as j \g /dev/null
select is(pg_temp.claim('q', 10), '5', 'a failure makes room');
select queue.release(j, pg_temp.token(j)) from pg_temp.named('q', '3') as j \g /dev/null
select is(pg_temp.claim('q', 10), '3', 'a release makes room, for the same job');
select queue.snooze(j, pg_temp.token(j), '1 hour') from pg_temp.named('q', '3') as j \g /dev/null
select queue.skip(j, pg_temp.token(j), 'no') from pg_temp.named('q', '4') as j \g /dev/null
select is(pg_temp.claim('q', 10), '6 7', 'so do a snooze and a skip');
select is(queue.cancel(pg_temp.named('q', '5')), 'canceled', 'a running job is canceled');
select is(pg_temp.claim('q', 10), '8', 'which makes room');
select is((select count(*) from queue.complete_batch(array_agg(j.job_id), array_agg(pg_temp.token(j.job_id)))), 3::bigint, 'a batch')
from queue.job as j where j.queue = 'q' and j.state = 'running';
select is(pg_temp.claim('q', 2), '9 10', 'makes room for a batch');
select is(queue.complete(pg_temp.named('q', '9'), 1), 'stale', 'a settle that changes nothing');
select is(pg_temp.claim('q', 10), '11', 'makes no room: there was one left');
select is(pg_temp.in_flight('q'), '3 0', 'three are in flight');

-- A lease that has run out counts until somebody has looked.
select queue.create_queue('lost', '{"max_in_flight": 1, "lease": "100 milliseconds", "backoff_base": "1 hour", "backoff_cap": "1 hour"}');
select queue.enqueue('lost', 'k', to_jsonb(n)) from generate_series(1, 2) as n \g /dev/null
select is(pg_temp.claim('lost', 2), '1', 'one');
select pg_sleep(0.2) \g /dev/null
select is(pg_temp.claim('lost', 2), '2', 'a claim that looks after ended leases finds the room at once');

-- Each group.
select queue.create_queue('g', '{"max_in_flight_per_group": 2}');
select queue.enqueue('g', 'k', to_jsonb(key || n), group_key => key)
from generate_series(1, 5) as n, unnest(array['a', 'b']) as key order by key, n \g /dev/null
select queue.enqueue('g', 'k', '"none"') \g /dev/null
select is(pg_temp.claim('g', 4), 'a1 a2 b1 b2', 'a group that is full does not stop the others');
select is(pg_temp.claim('g', 4), 'none', 'nor a job without group');
select is(pg_temp.claim('g', 4), '', 'both are full');
select is(pg_temp.in_flight('g', 'a') || ', ' || pg_temp.in_flight('g', 'b') || ', ' || pg_temp.in_flight('g'), '2 3, 2 3, 5 6',
    'what waits is counted');
select is(pg_temp.state(pg_temp.named('g', 'a4')), 'ready', 'and is ready');
select is((select ready || ' ' || running from queue.stats('g')), '6 5', 'in stats() too');
select clock_timestamp() as asked_at \gset
select ok((select s.oldest_ready_age >= timestamptz :'asked_at' - (pg_temp.job(pg_temp.named('g', 'a3'))).enqueued_at
    from queue.stats('g') as s), 'which tells how long the first of them has waited');
select is((select string_agg(j.payload #>> '{}', ' ' order by j.job_id) from queue.list_jobs('g', 'ready') as j), 'a3 a4 a5 b3 b4 b5',
    'and listed');
select is((select string_agg(j.payload #>> '{}', ' ' order by j.job_id) from queue.list_jobs('g', 'ready', 'k', pg_temp.named('g', 'a4'), 3) as j),
    'a5 b3 b4', 'in pages');
select is((select reason || ': ' || detail from queue.explain(pg_temp.named('g', 'a4'))),
    'IN_FLIGHT_EXCEEDED: 2 jobs of group ''a'' are running, as many as may', 'explain names the group');
select is(pg_temp.finish('g', 'a2'), 'ok', 'one of a ends');
select is(pg_temp.claim('g', 4), 'a3', 'the next of a starts');
select queue.enqueue('g', 'k', '"a6"', group_key => 'a') \g /dev/null
select pg_temp.finish('g', 'a1') \g /dev/null
select is(pg_temp.claim('g', 4), 'a4', 'before one that was enqueued meanwhile');
select is(queue.cancel(pg_temp.named('g', 'b3')), 'canceled', 'one that waits is canceled');
select pg_temp.finish('g', 'b1') \g /dev/null
select is(pg_temp.claim('g', 4), 'b4', 'and passed over');
select is(queue.cancel_jobs('g', 'ready', dry_run => true), 3::bigint, 'three are ready');
select is(queue.cancel_jobs('g', 'ready', max_jobs => 1), 1::bigint, 'one of them is canceled');
select is(queue.cancel_jobs('g', 'ready'), 2::bigint, 'the others');
select is(pg_temp.in_flight('g'), '5 0', 'nothing waits');
select is((select string_agg(concat_ws(' ', d.group_key, d.decision, d.reason_code, d.details), ', ' order by d.group_key)
    from queue.policy_decision as d where d.queue = 'g'),
    'a THROTTLED IN_FLIGHT_EXCEEDED {"max_in_flight_per_group": 2}, b THROTTLED IN_FLIGHT_EXCEEDED {"max_in_flight_per_group": 2}',
    'each throttling is recorded once');
select alike((select string_agg(concat_ws(' ', t.event, t.detail), '; ') from queue.timeline(pg_temp.named('g', 'a3')) as t),
    'enqueued; throttled IN_FLIGHT_EXCEEDED: group ''a''; claimed%', 'and told by timeline()');

-- Kinds.
select queue.create_queue('kinds', '{"max_in_flight_per_group": 1}');
select queue.enqueue('kinds', kind, to_jsonb(kind || n), group_key => 'a')
from generate_series(1, 2) as n, unnest(array['x', 'y']) as kind \g /dev/null
select is(pg_temp.claim('kinds', 4, '{x}'), 'x1', 'of the kinds that the worker knows');
select pg_temp.claim('kinds', 4, '{x}') \g /dev/null
select pg_temp.finish('kinds', 'x1') \g /dev/null
select is(pg_temp.claim('kinds', 4, '{y}'), 'y1', 'and of those that another does');

-- Jobs with unique keys that are held back.
select queue.create_queue('unique', '{"max_in_flight_per_group": 1}');
select queue.enqueue('unique', 'k', to_jsonb('u' || n), group_key => 'a', unique_key => 'u' || n) from generate_series(1, 3) as n \g /dev/null
select is(pg_temp.claim('unique', 5), 'u1', 'one of three');
select pg_temp.named('unique', 'u2') as changed \gset
select is(queue.enqueue('unique', 'k', '"new"', group_key => 'a', unique_key => 'u2', on_conflict => 'replace'),
    :changed::bigint, 'one that is held back is changed');
select pg_temp.finish('unique', 'u1') \g /dev/null
select is(pg_temp.claim('unique', 5), 'new', 'it keeps its place, with its new body');
select is(pg_temp.state(:changed), 'running', 'and runs');
select pg_temp.finish('unique', 'new') \g /dev/null
select is(pg_temp.claim('unique', 5), 'u3', 'once');

-- Options.
select queue.configure_queue('g', '{"max_in_flight_per_group": 0}');
select queue.enqueue('g', 'k', to_jsonb('c' || n), group_key => 'c') from generate_series(1, 4) as n \g /dev/null
select is(pg_temp.claim('g', 10), 'c1 c2 c3 c4', 'without the limit all may run');
select queue.enqueue('g', 'k', to_jsonb('c' || n), group_key => 'c') from generate_series(5, 6) as n \g /dev/null
select queue.configure_queue('g', '{"max_in_flight_per_group": 4}');
select is(pg_temp.claim('g', 10), '', 'what ran before the limit counts');
select queue.configure_queue('g', '{"max_in_flight_per_group": 5}');
select is(pg_temp.claim('g', 10), 'c5', 'a limit that is raised lets more start');
select queue.configure_queue('g', '{"max_in_flight_per_group": 0}');
select is(pg_temp.claim('g', 10), 'c6', 'one that is taken away lets what has waited start');
update queue_internal.gate set recounted_at = '-infinity' where queue = 'g';
select ok((queue.maintain() ->> 'recounted')::int > 0, 'maintain() recounts');
select ok(not q.gated, 'and a queue without limits is like any other again') from queue_internal.queue as q where q.name = 'g';

-- A pause holds everything back.
select queue.pause_queue('q');
select is(pg_temp.claim('q', 1), '', 'nothing of a paused queue');
select queue.resume_queue('q');
select queue.enqueue('empty', 'k', run_at => now() + interval '1 hour') \g /dev/null
select queue.pause_queue('empty');
select is(pg_temp.claim('empty', 1), '', 'nor of one that has nothing');
select is((select string_agg(concat_ws(' ', d.queue, d.group_key, d.details), ', ') from queue.policy_decision as d
    where d.reason_code = 'QUEUE_PAUSED'), 'q {}', 'recorded where there was something');

-- Of many groups that are held back in one claim each is recorded.
select queue.create_queue('eight', '{"max_in_flight_per_group": 1}');
select queue.enqueue('eight', 'k', group_key => 'g' || g) from generate_series(1, 2), generate_series(1, 8) as g \g /dev/null
select is((select count(*) from queue.claim_batch('eight', 'w', 20)), 8::bigint, 'one of each group');
select is((select count(distinct d.group_key) || ' ' || count(*) from queue.policy_decision as d where d.queue = 'eight'), '8 8',
    'all are recorded');

-- The last ten thousand of each queue are kept, whatever another has.
insert into queue_internal.policy_decision (number, at, queue, group_key, decision, reason_code, details)
select nextval('queue_internal.policy_decision_number'), now(), 'noisy', 'g' || n, 'THROTTLED', 'KEY_BUSY', '{}' from generate_series(1, 11500) as n;
select min(d.number) as first from queue_internal.policy_decision as d where d.queue = 'noisy' \gset
select queue.maintain() is null as x \gset
select queue.maintain() is null as x \gset
select is((select count(*) from queue_internal.policy_decision as d where d.queue = 'noisy'), 10000::bigint, 'the last ten thousand of a queue');
select is((select min(d.number) from queue_internal.policy_decision as d where d.queue = 'noisy'), (:first + 1500)::bigint, 'the oldest went');
select is((select count(*) from queue_internal.policy_decision as d where d.queue = 'eight'), 8::bigint, 'not those of another');
delete from queue_internal.policy_decision where queue in ('noisy', 'eight');

-- Decisions are kept for a while.
update queue_internal.policy_decision set at = now() - interval '8 days' where queue = 'g';
select queue.maintain() is null as x \gset
select is((select string_agg(distinct d.queue, ' ' order by d.queue) from queue.policy_decision as d), 'kinds lost q unique', 'old ones are forgotten');

-- Whatever goes wrong, a recount mends.
update queue_internal.gate set in_flight = 7, recounted_at = '-infinity' where queue = 'q';
select ok((queue.maintain() ->> 'recounted')::int > 0, 'maintain() recounts');
select is(pg_temp.in_flight('q'), '3 0', 'three are in flight');
select is_empty($$ select * from queue.verify() where not ok $$, 'verify() finds nothing');
select lives_ok($$ select queue.drop_queue('g', true); select queue.drop_queue('q', true) $$, 'queues are dropped');
select is_empty($$ select queue from queue_internal.held where queue in ('g', 'q') union all
    select queue from queue_internal.gate where queue in ('g', 'q') $$, 'with all that was known of their limits');
select * from finish();
