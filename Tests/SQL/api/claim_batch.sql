-- queue.claim_batch: what it gives a worker, how many, in which order, and to whom only.
\ir ../support/common.sql
select plan(31);

select is_empty($$ select * from queue.claim_batch('nowhere', 'w') $$, 'a queue that does not exist is empty');
select queue.enqueue('q', 'k', '{"n": 1}', priority => 5, max_attempts => 3, group_key => 'g', headers => '{"h": 1}')
    as id \gset
select * from queue.claim_batch('q', 'w1') \gset got_
select is(:got_job_id::bigint, :id::bigint, 'the job is handed out');
select ok(:got_lease_token > 0, 'with a lease token');
select is(:'got_attempt' || '/' || :'got_max_attempts', '1/3', 'its first attempt, of three');
select is(:'got_kind' || ' ' || :'got_priority' || ' ' || :'got_group_key', 'k 5 g', 'with its kind, priority, group_key');
select is(:'got_payload'::jsonb, '{"n": 1}', 'with its payload');
select is(:'got_headers'::jsonb, '{"h": 1}', 'with its headers');
select is(:'got_enqueued_at'::timestamptz, (select enqueued_at from queue.get_job(:id)), 'with the time it was enqueued');
select ok(:'got_leased_until'::timestamptz - clock_timestamp() between '50 seconds' and '60 seconds',
    'under a lease of a minute, the default');
select is(pg_temp.state(:id), 'running', 'it is running');
select is((select attempt from queue.get_job(:id)), 1, 'and has been charged one attempt');
select is_empty($$ select * from queue.claim_batch('q', 'w2') $$, 'nobody else gets it');

-- How many
select count(queue.enqueue('many', 'k', to_jsonb(n))) as made from generate_series(1, 10) as n \gset
select is((select count(*) from queue.claim_batch('many', 'w')), 1::bigint, 'one job unless max_jobs says more');
select is((select count(*) from queue.claim_batch('many', 'w', 4)), 4::bigint, 'at most max_jobs');
select is((select count(*) from queue.claim_batch('many', 'w', 4096)), 5::bigint, 'what is there when it is less');
select queue.enqueue_batch('tokens', 'k', array_fill('{}'::jsonb, array[3])) \g /dev/null
create temp table pair as select * from queue.claim_batch('tokens', 'w', 3);
select is((select count(distinct (job_id, lease_token)) from pair), 3::bigint, 'each job has its own pair of id and token');

-- Order
select array_agg(queue.enqueue('order', 'k', to_jsonb(p), priority => p) order by n)
from unnest(array[0, 5, -100, 100, 5, 0]) with ordinality as t (p, n) \g /dev/null
select is((select array_agg(c.priority order by n) from (
        select c.priority, row_number() over () as n from queue.claim_batch('order', 'w', 10) as c) as c),
    array[100, 5, 5, 0, 0, -100], 'a batch comes highest priority first');
select queue.enqueue('order', 'k', '"low"', priority => -1) \g /dev/null
select queue.enqueue('order', 'k', '"high"', priority => 1) \g /dev/null
select queue.enqueue('order', 'k', '"mid"') \g /dev/null
select results_eq($$ select c.payload #>> '{}' from generate_series(1, 3) as n
        cross join lateral queue.claim_batch('order', 'w' || n) as c $$,
    $$ values ('high'), ('mid'), ('low') $$, 'and so do claims of one job each');
select queue.create_queue('fifo', '{"stripes": 1}') \g /dev/null
do $$ begin for n in 1 .. 20 loop perform queue.enqueue('fifo', 'k', to_jsonb(n)); commit; end loop; end $$;
create temp table fifo as
select row_number() over () as place, (c.payload #>> '{}')::int as n
from generate_series(1, 5) as w cross join lateral queue.claim_batch('fifo', 'w' || w, 4) as c;
select is((select array_agg(n order by place) from fifo), array(select generate_series(1, 20)),
    'within a priority the oldest goes first');

-- Kinds
select queue.enqueue('kinds', k) from unnest(array['a', 'b', 'a', 'c']) as k \g /dev/null
select is((select array_agg(kind) from queue.claim_batch('kinds', 'w', 10, kinds => array['b'])), array['b'],
    'only the kinds that are asked for');
select is_empty($$ select * from queue.claim_batch('kinds', 'w', 10, kinds => array['z', 'b']) $$,
    'kinds that nobody enqueued give nothing');
select is_empty($$ select * from queue.claim_batch('kinds', 'w', 10, kinds => '{}') $$, 'no kinds: nothing');
select is_empty($$ select * from queue.claim_batch('kinds', 'w', 10, kinds => array[null]::text[]) $$, 'a null kind: nothing');
select is((select count(*) from queue.claim_batch('kinds', 'w', 10, kinds => array['a', 'a', null, 'b'])), 2::bigint,
    'kinds may be repeated');
select is((select array_agg(kind) from queue.claim_batch('kinds', 'w', 10)), array['c'],
    'what was passed over waits for one who knows it');
select queue.enqueue('kinds', 'x', priority => 1) as high \gset
select queue.enqueue('kinds', 'y') as low \gset
select is((select job_id from queue.claim_batch('kinds', 'w', kinds => array['y'])), :low::bigint,
    'a job of another kind does not stand in the way');
select is((select job_id from queue.claim_batch('kinds', 'w', kinds => null)), :high::bigint, 'null takes any kind');

-- The caller's transaction
select queue.enqueue('back', 'k') as back \gset
begin;
select count(*) as n from queue.claim_batch('back', 'w') \gset
rollback;
select is(pg_temp.state(:back), 'ready', 'a claim that rolls back never was');
select is((select job_id from queue.claim_batch('back', 'w')), :back::bigint, 'its job is handed out again');
select is((select attempt from queue.get_job(:back)), 1, 'as the first attempt');

select is_empty('select token, slot from queue_internal.claim where token <> 0 and queue_internal.slot_of(token) <> slot',
    'a token says in which slot its claim stands, where a settlement looks first');

select * from finish();
