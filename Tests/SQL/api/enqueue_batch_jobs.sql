-- queue.enqueue_batch(queue, jobs): an array of objects, each with options of its own; all or nothing.
\ir ../support/common.sql
select plan(35);

create temp table made as select * from queue.enqueue_batch('q', '[
    {"kind": "a"},
    {"kind": "b", "payload": {"n": 2}, "run_at": "2999-01-01T00:00:00Z", "priority": 9, "max_attempts": 2,
     "unique_key": "u", "group_key": "g", "headers": {"h": 1}},
    {"kind": "c", "unique_key": "u"},
    {"kind": "d", "payload": null, "headers": null, "priority": null, "run_at": null, "unique_key": null}]');
select results_eq('select ordinal, created from made order by ordinal',
    $$ values (1, true), (2, true), (3, false), (4, true) $$, 'a row for each element; created tells the new ones');
select is((select job_id from made where ordinal = 3), (select job_id from made where ordinal = 2),
    'a key that an earlier element holds gives its job');
select results_eq(
    $$ select j.kind, j.state, j.priority, j.max_attempts, j.payload from made as m
       cross join lateral queue.get_job(m.job_id) as j where m.created order by m.ordinal $$,
    $$ values ('a', 'ready', 0, 25, '{}'::jsonb), ('b', 'scheduled', 9, 2, '{"n": 2}'), ('d', 'ready', 0, 25, 'null') $$,
    'each element has options of its own, else the defaults');
select results_eq(
    $$ select j.unique_key, j.group_key, j.headers, j.run_at from made as m
       cross join lateral queue.get_job(m.job_id) as j where m.ordinal = 2 $$,
    $$ values ('u', 'g', '{"h": 1}'::jsonb, timestamptz '2999-01-01T00:00:00Z') $$, 'all keys of enqueue are known');
select is((select created from queue.enqueue_batch('q', '[{"kind": "b", "unique_key": "u"}]')), false,
    'a key held by an earlier batch is not created again');
select is((select array_agg(created order by ordinal) from queue.enqueue_batch('named',
    '[{"kind": "a", "queue": "named"}, {"kind": "b", "queue": null}, {"kind": "c"}]')), array[true, true, true],
    'an element may name its queue');
select is((select array_agg(j.queue) from queue.job as j where j.queue = 'named'), array['named', 'named', 'named'],
    'and goes there');
select is_empty($$ select * from queue.enqueue_batch('q', '[]') $$, 'an empty array makes no job');

create temp table asked (jobs text, answer text, what text);
insert into asked values
    (null, '22023 | jobs must be a JSON array of objects | for example [{"kind": "mail", "payload": {"to": "a@example.org"}}]',
        'null'),
    ('{}', '22023 | jobs must be a JSON array of objects | for example [{"kind": "mail", "payload": {"to": "a@example.org"}}]',
        'an object'),
    ('"x"', '22023 | jobs must be a JSON array of objects | for example [{"kind": "mail", "payload": {"to": "a@example.org"}}]',
        'a text'),
    ('[{"kind": "a"}, 5]', '22023 | element 2 is no object but a number | nothing of the batch was enqueued', 'a number'),
    ('[null]', '22023 | element 1 is no object but a null | nothing of the batch was enqueued', 'a null element'),
    ('[{"kind": "a"}, {"kind": "b", "prio": 1}]', '22023 | element 2 has the unknown key ''prio'' | known keys: kind, '
        || 'payload, run_at, priority, max_attempts, unique_key, group_key, headers, unique_for, on_conflict, '
        || 'after, on_parent_failure, routing_key, queue', 'an unknown key'),
    ('[{"kind": "a"}, {}]', '22023 | element 2: kind must not be blank | name the kind', 'an element without kind'),
    ('[{"kind": ""}]', '22023 | element 1: kind must not be blank | name the kind', 'a blank kind'),
    ('[{"kind": "a", "priority": 101}]',
        '22023 | element 1: priority 101 is out of range | use -100 (last) to 100 (first)', 'a priority out of range'),
    ('[{"kind": "a", "priority": "high"}]', '22023 | element 1: invalid input syntax for type integer: "high" | '
        || 'nothing of the batch was enqueued', 'a priority that is no number'),
    ('[{"kind": "a", "priority": 1.5}]', '22023 | element 1: invalid input syntax for type integer: "1.5" | '
        || 'nothing of the batch was enqueued', 'a priority of one and a half'),
    ('[{"kind": "a", "priority": 99999999999}]', '22023 | element 1: value "99999999999" is out of range for type integer | '
        || 'nothing of the batch was enqueued', 'a priority larger than an int'),
    ('[{"kind": "a", "run_at": "soon"}]', '22023 | element 1: invalid input syntax for type timestamp with time zone: "soon" | '
        || 'nothing of the batch was enqueued', 'a run_at that is no time'),
    ('[{"kind": "a", "run_at": "2001-02-30"}]', '22023 | element 1: date/time field value out of range: "2001-02-30" | '
        || 'nothing of the batch was enqueued', 'the 30th of February'),
    ('[{"kind": "a", "run_at": "infinity"}]', '22023 | element 1: run_at must be finite, not infinity | '
        || 'leave run_at out to run the job now', 'run_at infinity'),
    ('[{"kind": "a", "max_attempts": -1}]', '22023 | element 1: max_attempts -1 is out of range | use 1 to 10000',
        'negative attempts'),
    ('[{"kind": "a", "headers": [1]}]', '22023 | element 1: headers must be a JSON object, not array | '
        || 'pass an object of header names and values', 'an array as headers'),
    ('[{"kind": "a", "unique_key": ""}]', '22023 | element 1: unique_key must not be empty | leave it out instead',
        'an empty unique_key'),
    ('[{"kind": "a", "group_key": ""}]', '22023 | element 1: group_key must not be empty | leave it out instead',
        'an empty group_key'),
    ('[{"kind": "a", "queue": "bad"}, {"kind": "a", "queue": "good"}]', '22023 | element 2 is for queue ''good'', and the batch '
        || 'for ''bad'' | a batch has one queue: call enqueue_batch once for each; nothing was enqueued', 'another queue');
select is(pg_temp.refusal(format('select * from queue.enqueue_batch(%L, %L::jsonb)', 'bad', a.jobs)), a.answer,
    'enqueue_batch refuses ' || a.what)
from asked as a;
select is(pg_temp.refusal($$ select * from queue.enqueue_batch('', '[{"kind": "a"}]') $$),
    '22023 | queue must not be blank | name the queue', 'and a blank queue');
select cmp_ok(length(pg_temp.refusal($$ select * from queue.enqueue_batch('bad', '[{"kind": "k", "run_at": 1e50000}]') $$)), '<', 800,
    'what is quoted of a bad value is short');
select is((select count(*) from queue.job where queue = 'bad'), 0::bigint, 'one bad element: nothing is enqueued');
select is_empty($$ select * from queue.claim_batch('bad', 'w', 100) $$, 'and nothing is handed out');
select is((select queue.enqueue('bad', 'a', unique_key => 'x') > 0), true, 'and the queue goes on working');

-- Keys are locked in their order; rows and ids are in that of the elements
create temp table mixed as
select row_number() over () as place, e.* from queue.enqueue_batch('mixed', '[{"kind": "k", "unique_key": "b"}, {"kind": "k"},
    {"kind": "k", "unique_key": "a"}, {"kind": "k", "unique_key": "b"}]') as e;
select results_eq('select ordinal, created, dense_rank() over (order by job_id) from mixed order by place',
    $$ values (1, true, 1::bigint), (2, true, 2), (3, true, 3), (4, false, 1) $$, 'a batch with unique keys keeps its order');
select results_eq($$ select job_id from queue.claim_batch('mixed', 'w', 10) $$,
    'select job_id from mixed where created order by ordinal', 'and is handed out in it');

select * from finish();
