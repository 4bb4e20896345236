-- queue.enqueue_batch(queue, kind, payloads, …): one job for each payload, ids in order, all or nothing.
\ir ../support/common.sql
select plan(20);

select array_agg(id order by place)::text as ids
from queue.enqueue_batch('q', 'k', array['{"n": 1}', '{"n": 2}', '{"n": 3}']::jsonb[])
    with ordinality as b (id, place) \gset
select results_eq(
    format('select (pg_temp.job(id)).payload from unnest(%L::bigint[]) with ordinality as i (id, n) order by n', :'ids'),
    $$ values ('{"n": 1}'::jsonb), ('{"n": 2}'), ('{"n": 3}') $$, 'ids come in the order of the payloads');
select is((select count(distinct i) from unnest(:'ids'::bigint[]) as i), 3::bigint, 'each job has an id of its own');
select is((pg_temp.job((:'ids'::bigint[])[1])).max_attempts, 25, 'defaults are those of enqueue');

select b as id from queue.enqueue_batch(queue => 'opt', kind => 'k', payloads => array['{}']::jsonb[],
    run_at => now() + interval '1 hour', priority => -3, max_attempts => 4, group_key => 'g',
    headers => '{"h": 1}') as b \gset
select results_eq(
    format('select state, priority, max_attempts, group_key, headers from queue.get_job(%s)', :id),
    $$ values ('scheduled', -3, 4, 'g', '{"h": 1}'::jsonb) $$, 'the options hold for each job');
select is_empty($$ select * from queue.claim_batch('opt', 'w') $$, 'a batch with run_at ahead is not handed out yet');

select is_empty($$ select queue.enqueue_batch('none', 'k', '{}'::jsonb[]) $$, 'an empty array makes no job');
select is_empty($$ select queue.enqueue_batch('none', 'k', null::jsonb[]) $$, 'a null array makes no job');
select is((select (pg_temp.job(b)).payload from queue.enqueue_batch('nulls', 'k', array[null]::jsonb[]) as b), '{}',
    'a null payload is an empty one');

select is((select count(*) from queue.enqueue_batch('many', 'k', array_fill('{}'::jsonb, array[10000]))), 10000::bigint,
    'ten thousand jobs go in one call');
create temp table taken as
select c.* from generate_series(1, 3) as n cross join lateral queue.claim_batch('many', 'w' || n, 4096) as c;
select is((select count(distinct job_id) from taken), 10000::bigint, 'each of them is handed out');
select is((select count(*) from taken), 10000::bigint, 'once');

-- One unique key for all: one job
select array_agg(b)::text as same from queue.enqueue_batch('uniq', 'k', array['{"n": 1}', '{"n": 2}']::jsonb[],
    unique_key => 'u') as b \gset
select is((:'same'::bigint[])[1], (:'same'::bigint[])[2], 'with a unique_key all payloads give the same job');
select is((pg_temp.job((:'same'::bigint[])[1])).payload, '{"n": 1}', 'that of the first payload');

select is(pg_temp.refusal($$ select queue.enqueue_batch('bad', 'k', array[array['{}', '{}']]::jsonb[]) $$),
    '22023 | payloads must be an array of one dimension | pass one element for each job', 'two dimensions are refused');
select is(pg_temp.refusal($$ select queue.enqueue_batch(null, 'k', array['{}']::jsonb[]) $$),
    '22023 | queue must not be blank | name the queue', 'a null queue is refused');
select is(pg_temp.refusal($$ select queue.enqueue_batch('bad', ' ', array['{}']::jsonb[]) $$),
    '22023 | kind must not be blank | name the kind', 'a blank kind is refused');
select is(pg_temp.refusal($$ select queue.enqueue_batch('bad', 'k', array['{}']::jsonb[], priority => 101) $$),
    '22023 | priority 101 is out of range | use -100 (last) to 100 (first)', 'a priority out of range is refused');
select is(pg_temp.refusal($$ select queue.enqueue_batch('bad', 'k', array['{}']::jsonb[], run_at => 'infinity') $$),
    '22023 | run_at must be finite, not infinity | leave run_at out to run the job now', 'an infinite run_at is refused');
select is(pg_temp.refusal($$ select queue.enqueue_batch('bad', 'k', '{}'::jsonb[], max_attempts => 0) $$),
    '22023 | max_attempts 0 is out of range | use 1 to 10000', 'options are checked for an empty array too');
select is((select count(*) from unnest(array['bad', 'none']) as q cross join lateral queue.list_jobs(q)), 0::bigint,
    'nothing is left of them');

select * from finish();
