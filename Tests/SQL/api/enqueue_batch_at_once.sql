-- queue.enqueue_batch, both forms: jobs without keys are checked and written together, and are what they would be one by one.
\ir ../support/common.sql
select plan(28);
create function pg_temp.calls(name text) returns bigint language sql as $$
    select coalesce(sum(f.calls), 0)::bigint from pg_stat_xact_user_functions as f
    where f.schemaname = 'queue_internal' and f.funcname = name
$$;

select queue.create_queue('q') \g /dev/null
create temp table jobs as select jsonb_agg(jsonb_build_object('kind', 'k' || n % 3, 'payload', jsonb_build_object('n', n),
    'priority', n % 2, 'max_attempts', 1 + n % 5, 'headers', '{"h": 1}'::jsonb, 'group_key', 'g')
    || case when n % 3 = 0 then '{"run_at": "2999-01-01T00:00:00Z"}'::jsonb else '{}' end) as jobs
from generate_series(1, 600) as n;

begin;
set local track_functions = 'all';
create temp table made as select b.* from jobs as j cross join lateral queue.enqueue_batch('q', j.jobs) as b;
select is(pg_temp.calls('insert_job'), 0::bigint, 'jobs without keys are not inserted one by one');
select is(pg_temp.calls('check_job'), 0::bigint, 'nor checked one by one');
commit;
select is((select count(*) from made where created), 600::bigint, 'each element makes a job');
select is_empty(
    $$ select from (select ordinal, row_number() over (order by job_id) as place from made) as m where ordinal <> place $$,
    'their ids rise in the order of the elements');
select is_empty(
    $$ select from made as m cross join lateral queue.get_job(m.job_id) as g
       where (g.kind, g.payload, g.priority, g.max_attempts, g.headers, g.group_key, g.state) is distinct from
           ('k' || m.ordinal % 3, jsonb_build_object('n', m.ordinal), m.ordinal % 2, 1 + m.ordinal % 5, '{"h": 1}'::jsonb,
           'g', case when m.ordinal % 3 = 0 then 'scheduled' else 'ready' end) $$, 'and has what its element says');
select is_empty($$ select from queue_internal.lane where queue = 'q' group by lane having count(*) > 1 $$,
    'a lane that is new in the batch is listed once');
select is((select array_agg(priority) from queue_internal.lane where queue = 'q' and purpose = 'waiting'), '{0}'::smallint[],
    'what is due later waits in one lane');
create temp table taken as
select c.* from generate_series(1, 4) as n cross join lateral queue.claim_batch('q', 'w' || n, 4096) as c;
select set_eq('select job_id from taken', 'select job_id from made where ordinal % 3 <> 0', 'what is ready is handed out');
select is((select count(*) from taken), 400::bigint, 'once');

-- keys: read together, inserted one by one
begin;
set local track_functions = 'all';
select pg_temp.calls('check_job') as checks \gset
create temp table keyed as select b.* from queue.enqueue_batch('keys', '[
    {"kind": "a", "unique_key": "z", "unique_for": "1 hour", "payload": 1}, {"kind": "b", "routing_key": "r", "priority": "7"},
    {"kind": "c", "unique_key": "z", "on_conflict": "replace", "payload": 2}, {"kind": "d", "payload": null}]') as b;
select is(pg_temp.calls('check_job'), :checks::bigint, 'good elements with keys are not checked one by one');
commit;
select results_eq('select ordinal, created from keyed order by ordinal', 'values (1, true), (2, true), (3, false), (4, true)',
    'a key that an element holds is not created again');
select results_eq(
    $$ select g.kind, g.payload, g.unique_key, g.routing_key, g.priority
       from keyed as k cross join lateral queue.get_job(k.job_id) as g where k.created order by k.ordinal $$,
    $$ values ('a', '2'::jsonb, 'z', null, 0), ('b', '{}', null, 'r', 7), ('d', 'null', null, null, 0) $$,
    'each has what its element says, and the first what the third replaced');

-- what a queue's options say
select queue.create_queue('ordered', '{"ordered": true, "priority": 3}') \g /dev/null
select results_eq(
    $$ select (pg_temp.job(b.job_id)).priority
       from queue.enqueue_batch('ordered', '[{"kind": "k", "priority": 9, "group_key": "g"},
           {"kind": "k", "priority": 9}, {"kind": "k", "group_key": "g"}]') as b
       order by b.ordinal $$,
    'values (3), (9), (3)', 'in an ordered queue a job with a group_key has the priority of the queue');
select queue.create_queue('fair', '{"fair": true, "fair_weights": {"a": 2}}') \g /dev/null
select queue.enqueue_batch('fair', '[{"kind": "k", "group_key": "a"}, {"kind": "k", "group_key": "b"}]') \g /dev/null
select queue.enqueue_batch('fair', 'k', array['{}', '{}']::jsonb[], group_key => 'c') \g /dev/null
select ok(array['b', 'c'] <@ array_agg(group_key), 'in a fair queue a group has lanes of its own')
from queue_internal.lane where queue = 'fair';
select queue.create_queue('small', '{"max_payload_bytes": 10}') \g /dev/null
select is(left(pg_temp.refusal($$ select queue.enqueue_batch('small', '[{"kind": "k", "payload": "12345678901"}]') $$), 5),
    'JQ001', 'a payload that the queue does not take is refused');
select is(left(pg_temp.refusal($$ select queue.enqueue_batch('small', 'k', array['"12345678901"']::jsonb[]) $$), 5), 'JQ001',
    'in an array of payloads too');
select queue.create_queue('slow', '{"max_enqueues_per_minute": 1}') \g /dev/null
select is(left(pg_temp.refusal($$ select queue.enqueue_batch('slow', '[{"kind": "a"}, {"kind": "a"}, {"kind": "a"}]') $$), 5),
    'JQ002', 'jobs that are too many for a minute are refused');

-- bells: a worker that waits is told of what is ready, not of what is due later
select queue_internal.arm('q');
select ok(queue_internal.last_look('q', 0) > 0 and queue_internal.last_look('q', 1) > 0, 'the bells are armed');
select queue.enqueue_batch('q', '[{"kind": "a", "run_at": "2999-01-01T00:00:00Z"}]') \g /dev/null
select queue.enqueue_batch('q', 'a', array['{}']::jsonb[], run_at => '2999-01-01T00:00:00Z') \g /dev/null
select ok(queue_internal.last_look('q', 0) > 0, 'jobs that are due later ring no bell');
select queue.enqueue_batch('q', '[{"kind": "a", "priority": 1}, {"kind": "a", "run_at": "2999-01-01T00:00:00Z"}]') \g /dev/null
select is(queue_internal.last_look('q', 1), 0::bigint, 'a ready job rings the bell of its priority');
select ok(queue_internal.last_look('q', 0) > 0, 'and no other');
select queue.enqueue_batch('q', 'a', array['{}']::jsonb[]) \g /dev/null
select is(queue_internal.last_look('q', 0), 0::bigint, 'and so does an array of payloads');

-- an array of payloads
select queue.enqueue_batch('p', 'k', array['{}']::jsonb[]) \g /dev/null
begin;
set local track_functions = 'all';
select pg_temp.calls('check_job') as checks, pg_temp.calls('ensure_lane') as listings \gset
select array_agg(b)::text as ids from queue.enqueue_batch('p', 'k', array['{}', null, '1']::jsonb[]) as b \gset
select is(pg_temp.calls('check_job'), :checks::bigint, 'plain jobs pass the checks at once');
select is(pg_temp.calls('ensure_lane'), :listings::bigint, 'and their lanes are found with the queue''s options');
commit;
select is((select max(i) - min(i) from unnest(:'ids'::bigint[]) as i), 2::bigint, 'no id is left out between them');
select is(currval('queue_internal.job_id'), (select max(i) from unnest(:'ids'::bigint[]) as i), 'nor after them');
create temp table long as select b.id from queue.enqueue_batch('p', 'k', array_fill('{}'::jsonb, array[2048])) as b (id);
select is((select count(distinct d.lane) from queue_internal.delivery as d join long as l on l.id = d.job_id), 8::bigint,
    'a long array goes to all lanes');
select is((select count(*) from queue_internal.lane where queue = 'p'), 8::bigint, 'which are listed once');

select * from finish();
