-- A job with a routing key goes only to claims that name it, wherever its life takes it; one without goes to anyone, or in
-- a strict queue to claims that name none.
\ir ../support/common.sql
select plan(46);

create function pg_temp.claimed(routing_keys text[], kinds text[] default null, queue text default 'q') returns text language sql as $$
    select string_agg(c.payload #>> '{}', ' ' order by c.payload #>> '{}')
    from queue.claim_batch(claimed.queue, 'w', 10, kinds => claimed.kinds, routing_keys => claimed.routing_keys) as c
$$;

select queue.create_queue('q', '{"backoff_base": "0 seconds", "backoff_jitter": 0, "lease": "1 minute"}') \g /dev/null
select lives_ok($$select queue.enqueue('q', 'k', '"gpu"', routing_key => 'gpu')$$, 'a job with a routing key');
select lives_ok($$select queue.enqueue('q', 'k', '"any"')$$, 'a job without');
select is(pg_temp.claimed(null), 'any', 'a claim that names no key gets what has none');
select is(pg_temp.claimed('{}'), null, 'so does one that names an empty list');
select is(pg_temp.claimed('{cpu}'), null, 'nobody gets the job of another key');
select is(pg_temp.claimed('{cpu,gpu}'), 'gpu', 'whoever names it does');

-- what was not found is remembered for each list of keys by itself
select is(pg_temp.claimed('{cpu}'), null, 'nothing is left') from generate_series(1, 3);
select queue.enqueue('q', 'k', '"late"', routing_key => 'gpu') \g /dev/null
select is(pg_temp.claimed('{cpu}'), null, 'a new one is nothing for the others');
select is(pg_temp.claimed('{cpu}'), null, 'again and again');
select is(pg_temp.claimed('{gpu}'), 'late', 'and is found by those who name it');

-- it keeps its key: retried, put off, released, replaced, replayed, waited for
select queue.fail(c.job_id, c.lease_token, 'E') from queue.claim_batch('q', 'w', 10, routing_keys => '{gpu}') as c \g /dev/null
create temp table one as
select queue.enqueue('q', 'k', '"life"', routing_key => 'gpu', max_attempts => 9, unique_key => 'u') as job_id;
create temp table lease as select c.job_id, c.lease_token from queue.claim_batch('q', 'w', routing_keys => '{gpu}') as c;
select is(queue.fail(job_id, lease_token, 'E')::text, 'ok', 'one that failed') from lease;
select is(pg_temp.claimed(null), null, 'is not for everybody then');
truncate lease;
insert into lease select c.job_id, c.lease_token from queue.claim_batch('q', 'w', routing_keys => '{gpu}') as c;
select is(queue.snooze(job_id, lease_token, '100 milliseconds')::text, 'ok', 'one that was put off') from lease;
select pg_sleep(0.2) \g /dev/null
select is(pg_temp.claimed(null), null, 'neither');
truncate lease;
insert into lease select c.job_id, c.lease_token from queue.claim_batch('q', 'w', routing_keys => '{gpu}') as c;
select is(queue.release(job_id, lease_token)::text, 'ok', 'nor one that was given back') from lease;
select queue.enqueue('q', 'k', '"changed"', routing_key => 'gpu', unique_key => 'u', on_conflict => 'replace') \g /dev/null
select is(pg_temp.claimed(null), null, 'nor one with another payload');
select is(pg_temp.claimed('{gpu}'), 'changed', 'whoever names its key gets it');
create temp table copy as select queue.replay(job_id) as job_id from one;
select is((select g.routing_key from copy cross join lateral queue.get_job(copy.job_id) as g), 'gpu', 'a replay has the key');
select is(pg_temp.claimed('{gpu}'), 'changed', 'and goes where the job went');

-- batches, kinds, delays
select is(array(select b.created from queue.enqueue_batch('q',
    '[{"kind": "a", "payload": "1", "routing_key": "x"}, {"kind": "b", "payload": "2", "routing_key": "x"}]') as b),
    array[true, true], 'a batch of jobs with keys');
select is(pg_temp.claimed('{x}', '{b}'), '2', 'of them a claim gets its kinds only');
select queue.enqueue_batch('q', 'a', array['"3"', '"4"']::jsonb[], routing_key => 'x',
    run_at => clock_timestamp() + interval '100 milliseconds') \g /dev/null
select pg_sleep(0.2) \g /dev/null
select is(coalesce(pg_temp.claimed(null), '') || coalesce(pg_temp.claimed('{x}'), ''), '1 3 4',
    'what was due later comes to its key as well');

-- a strict queue
select queue.configure_queue('q', '{"strict_routing": true}') \g /dev/null
select queue.enqueue('q', 'k', '"plain"') \g /dev/null
select is(pg_temp.claimed('{x}'), null, 'in a strict queue a claim with keys gets nothing without') from generate_series(1, 3);
select queue.configure_queue('q', '{"strict_routing": false}') \g /dev/null
select is(pg_temp.claimed('{x}'), 'plain', 'until it is strict no more');
select queue.configure_queue('q', '{"strict_routing": true}') \g /dev/null
select queue.enqueue('q', 'k', '"plain"') \g /dev/null
select is(pg_temp.claimed(null), 'plain', 'whoever names no key gets it always');

select queue.create_queue('s', '{"strict_routing": true}') \g /dev/null
select queue.enqueue('s', 'k', '"named"', routing_key => 'x') \g /dev/null
select queue.enqueue('s', 'k', '"plain"') as plain \gset
select is(pg_temp.claimed('{x}', queue => 's'), 'named', 'who names a key comes for that');
select is(
    (select array[e.reason, e.detail] from queue.explain(:plain) as e),
    array['NO_WORKER', 'nobody who names no routing key has claimed from queue ''s'' ever'],
    'and is not the worker that a job without a key waits for');

-- a queue with limits
select queue.create_queue('g', '{"max_in_flight_per_group": 1}') \g /dev/null
select queue.enqueue('g', 'k', to_jsonb(n), group_key => 't', routing_key => case n % 2 when 0 then 'x' end)
from generate_series(1, 4) as n \g /dev/null
select is(pg_temp.claimed('{x}', queue => 'g'), '1', 'one of a group at a time');
create function pg_temp.settle() returns text language sql as $$
    select queue.complete(h.job_id, h.token)::text from queue_internal.held as h where not exists (
        select from queue_internal.attempt as a where a.job_id = h.job_id)
$$;
select is(pg_temp.settle(), 'ok', 'that has ended');
select is(pg_temp.claimed(null, queue => 'g'), '3', 'leaves room for the next that the claim may have');
select is(pg_temp.settle(), 'ok', 'when only jobs of another key are left');
select is(pg_temp.claimed(null, queue => 'g'), null, 'it gets none');
select is((select b.routing_key from queue_internal.throttled as b where b.queue = 'g' limit 1), 'x',
    'they wait');
select is(pg_temp.claimed('{x}', queue => 'g'), '2', 'for who names their key');

-- keys and kinds that look like one another
select queue.enqueue('odd', '["k", "x", null]', '"plain"') \g /dev/null
select pg_temp.claimed(null, '{other}', 'odd') \g /dev/null
select queue.enqueue('odd', 'k', '"routed"', routing_key => 'x') \g /dev/null
select is(pg_temp.claimed(null, queue => 'odd'), 'plain', 'a kind is not taken for a key');
select is((select string_agg(e.reason || ': ' || e.hint, '') from queue.list_jobs('odd', 'ready') as j
    cross join lateral queue.explain(j.job_id) as e),
    'NO_WORKER_FOR_ROUTING_KEY: start a worker that names routing key ''x''', 'the other waits, and says for what');
select is(pg_temp.refusal(format('select queue.claim_batch(''q'', ''w'', routing_keys => %L)', k)),
    '22023 | routing_keys must be an array of one dimension without null and empty keys | leave it out for jobs without a routing key', k || ' is refused')
from unnest(array['{{a,b}}', '{a,""}', '{a,NULL}']) as k;
select queue.enqueue('nulls', 'other') \g /dev/null
select is(pg_temp.claimed(null, '{k,NULL}', 'nulls'), null, 'a null among the kinds is no kind');

select throws_ok($$select queue.enqueue('q', 'k', routing_key => '')$$, '22023', null, 'an empty key is refused');
select throws_like($$select queue.enqueue_batch('q', '[{"kind": "k", "routing_key": ""}]')$$, 'element 1: %',
    'and named in a batch');
select * from finish();
