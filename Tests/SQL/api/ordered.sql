-- Ordered queues: the jobs of a key one after the other, in the order of enqueue.
\ir ../support/common.sql
select plan(44);

create function pg_temp.claim(queue_name text, jobs int, known text[] default null) returns text volatile language sql as $$
    select coalesce(string_agg(c.payload #>> '{}', ' ' order by c.job_id), '') from queue.claim_batch(queue_name, 'w', jobs, kinds => known) as c
$$;
create function pg_temp.named(queue_name text, name text) returns bigint volatile language sql as $$
    select j.job_id from queue.job as j where j.queue = queue_name and j.payload #>> '{}' = name
$$;
create function pg_temp.token(job bigint) returns bigint volatile language sql as $$
    select c.token from queue_internal.claim as c
    where job = any (coalesce(c.job_ids, c.ids)) and not exists (
        select from queue_internal.attempt as a where a.lease_token = c.token and a.job_id = job)
$$;
create function pg_temp.finish(queue_name text, name text) returns text volatile language sql as $$
    select queue.complete(j, pg_temp.token(j))::text from pg_temp.named(queue_name, name) as j
$$;
create function pg_temp.fail(queue_name text, name text, retry_in interval) returns text volatile language sql as $$
    select queue.fail(j, pg_temp.token(j), 'E', retry_in => fail.retry_in)::text from pg_temp.named(queue_name, name) as j
$$;

select queue.create_queue('q', '{"ordered": true, "stripes": 4}');
select is((select options ->> 'stripes' from queue.list_queues() where queue = 'q'), '1', 'an ordered queue has one lane');
select queue.enqueue('q', 'k', to_jsonb(key || n), group_key => key)
from generate_series(1, 5) as n, unnest(array['a', 'b']) as key order by n, key \g /dev/null
select queue.enqueue('q', 'k', '"none"') \g /dev/null
select is(pg_temp.claim('q', 10), 'a1 b1 none', 'the first of each key, and what has none');
select is(pg_temp.claim('q', 10), '', 'the others wait');
select is((select reason || ': ' || detail from queue.explain(pg_temp.named('q', 'a2'))),
    format('KEY_BUSY: job %s of key ''a'' is running or waits to be retried', pg_temp.named('q', 'a1')), 'explain names the job');
select is(pg_temp.finish('q', 'a1'), 'ok', 'it ends');
select is(pg_temp.claim('q', 10), 'a2', 'and the next one starts');
select is(pg_temp.fail('q', 'a2', '1 hour'), 'ok', 'it fails');
select is(pg_temp.claim('q', 10), '', 'its key waits for the retry');
select is((select reason || ': ' || detail from queue.explain(pg_temp.named('q', 'a3'))),
    format('KEY_BUSY: job %s of key ''a'' is running or waits to be retried', pg_temp.named('q', 'a2')), 'explain names it');
select is(pg_temp.finish('q', 'b1'), 'ok', 'another key');
select is(pg_temp.claim('q', 10), 'b2', 'goes on');
select is(queue.retry(pg_temp.named('q', 'a2')), 'ready', 'the retry is due');
select is(pg_temp.claim('q', 10), 'a2', 'and comes first');
select is((select count(*) from queue.claim_batch('q', 'w', 10)), 0::bigint, 'alone');
select queue.release(j, pg_temp.token(j)) from pg_temp.named('q', 'a2') as j \g /dev/null
select is(pg_temp.claim('q', 10), 'a2', 'a released job comes again before the next');
select queue.snooze(j, pg_temp.token(j), '1 hour') from pg_temp.named('q', 'a2') as j \g /dev/null
select is(pg_temp.claim('q', 10), '', 'one that snoozes holds its key');
select is(queue.cancel(pg_temp.named('q', 'a2')), 'canceled', 'until it is canceled');
select is(pg_temp.claim('q', 10), 'a3', 'then the next one starts');
select queue.fail(j, pg_temp.token(j), 'E', permanent => true) from pg_temp.named('q', 'a3') as j \g /dev/null
select is(pg_temp.claim('q', 10), 'a4', 'a dead job holds nothing up');
select queue.fail(j, pg_temp.token(j), 'E', retry_in => '1 hour') from pg_temp.named('q', 'a4') as j \g /dev/null
select is(pg_temp.claim('q', 10), '', 'one that is to be retried does');
select is(queue.cancel_jobs('q', 'retrying'), 1::bigint, 'until it is canceled, with others');
select is(pg_temp.claim('q', 10), 'a5', 'then the next one starts');
select ok(exists (select from queue.policy_decision as d where d.queue = 'q' and d.group_key = 'a' and d.reason_code = 'KEY_BUSY'
    and d.details = '{"ordered": true}'), 'it is recorded');

-- A worker that does not know the kind of a key's first job.
select queue.create_queue('kinds', '{"ordered": true}');
select queue.enqueue('kinds', kind, to_jsonb(kind), group_key => 'a') from unnest(array['x', 'y']) as kind \g /dev/null
select is(pg_temp.claim('kinds', 10, '{y}'), '', 'does not get the second one');
select is(pg_temp.claim('kinds', 10, '{x,z}'), 'x', 'one that knows it gets it');
select is(pg_temp.claim('kinds', 10, '{y}'), '', 'the second waits');
select pg_temp.finish('kinds', 'x') \g /dev/null
select is(pg_temp.claim('kinds', 10, '{y}'), 'y', 'until it has ended');

-- A priority of its own does not let a job overtake others of its key.
select queue.create_queue('ranked', '{"ordered": true}');
select queue.enqueue('ranked', 'k', '"a1"', group_key => 'a') \g /dev/null
select queue.enqueue('ranked', 'k', '"a2"', group_key => 'a', priority => 5) \g /dev/null
select queue.enqueue_batch('ranked', 'k', array['"a3"']::jsonb[], group_key => 'a', priority => 7) \g /dev/null
select * from queue.enqueue_batch('ranked', '[{"kind": "k", "payload": "a4", "group_key": "a", "priority": 9}]') \g /dev/null
select queue.enqueue('ranked', 'k', '"none"', priority => 1) \g /dev/null
select is(pg_temp.claim('ranked', 10), 'a1 none', 'the first of its key; one without a key is on its own');
select pg_temp.finish('ranked', 'a1') \g /dev/null
select is(pg_temp.claim('ranked', 10), 'a2', 'then the second');
select pg_temp.finish('ranked', 'a2') \g /dev/null
select is(pg_temp.claim('ranked', 10), 'a3', 'the third');
select pg_temp.finish('ranked', 'a3') \g /dev/null
select is(pg_temp.claim('ranked', 10), 'a4', 'the fourth');
select is((select max(priority) from queue.job where queue = 'ranked' and group_key = 'a'), 0, 'they have their queue''s priority');

-- Retries that do not block.
select queue.create_queue('pass', '{"ordered": true, "retry_blocks": false}');
select queue.enqueue('pass', 'k', to_jsonb('a' || n), group_key => 'a') from generate_series(1, 4) as n \g /dev/null
select is(pg_temp.claim('pass', 10), 'a1', 'the first');
select pg_temp.fail('pass', 'a1', '1 hour') \g /dev/null
select is(pg_temp.claim('pass', 10), 'a2', 'when it fails, the next goes on');
select queue.retry(pg_temp.named('pass', 'a1')) \g /dev/null
select is(pg_temp.claim('pass', 10), '', 'the retry waits like any other');
select pg_temp.finish('pass', 'a2') \g /dev/null
select is(pg_temp.claim('pass', 10), 'a1', 'and comes in its order when it is due');

-- A key that is stuck for good does not slow others down, nor fill the lane for them.
select queue.create_queue('stuck', '{"ordered": true}');
select count(queue.enqueue('stuck', 'k', '"stuck"', group_key => 'stuck')) from generate_series(1, 3000) \g /dev/null
select queue.enqueue('stuck', 'k', '"free"', group_key => 'free') \g /dev/null
select is(pg_temp.claim('stuck', 1), 'stuck', 'the first of three thousand');
select is(pg_temp.claim('stuck', 1), 'free', 'the next that may start is behind all of them');
select queue.create_queue('many', '{"ordered": true}');
select queue.enqueue_batch('many', 'k', array_fill('"stuck"'::jsonb, array[100000]), group_key => 'stuck') \g /dev/null
select queue.enqueue('many', 'k', '"free"', group_key => 'free') \g /dev/null
select is(pg_temp.claim('many', 1), 'stuck', 'the first of a hundred thousand');
select is(concat_ws(' ', nullif(pg_temp.claim('many', 1), ''), nullif(pg_temp.claim('many', 1), '')), 'free',
    'a claim passes over half of the others');
select ok((select count(*) from queue_internal.claim as c join queue_internal.lane as l on l.lane = c.lane
    where l.queue = 'many' and l.purpose = 'ready') < 40, 'in large steps');
create function pg_temp.fetched() returns bigint volatile language sql as $$
    select sum(pg_stat_get_xact_tuples_fetched(c.oid) + pg_stat_get_xact_tuples_returned(c.oid))::bigint
    from pg_class as c
    where c.oid = 'queue_internal.throttled'::regclass or c.relname ~ '^delivery_(0|1|2|kept)($|_job_id_idx)'
$$;
create function pg_temp.read_by_claim() returns bigint volatile language plpgsql as $$
declare
    v_before bigint := pg_temp.fetched();
begin
    perform queue.complete(h.job_id, h.token) from queue_internal.held as h where h.queue = 'many' and h.group_key = 'stuck';
    if pg_temp.claim('many', 1) <> 'stuck' then
        return null;
    end if;
    return pg_temp.fetched() - v_before;
end
$$;
select ok(pg_temp.read_by_claim() < 500, 'the next one of the key is found without looking at all of them') from generate_series(1, 2);
select is_empty($$ select * from queue.verify() where not ok $$, 'verify() finds nothing');
select * from finish();
