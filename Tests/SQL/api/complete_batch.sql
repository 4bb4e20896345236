-- queue.complete_batch: pairwise arrays, a verdict for each pair, in order.
\ir ../support/common.sql
select plan(33);

create temp table made as
select place, id from queue.enqueue_batch('q', 'k', array_fill('{}'::jsonb, array[6])) with ordinality as b (id, place);
create temp table held as
select m.place, c.job_id, c.lease_token from queue.claim_batch('q', 'w', 6) as c join made as m on m.id = c.job_id;
select array_agg(job_id order by place)::text as jobs, array_agg(lease_token order by place)::text as tokens
from held where place <= 3 \gset
create temp table answer as
select row_number() over () as place, a.*
from queue.complete_batch(:'jobs', :'tokens', array['{"n": 1}', null, '{"n": 3}']::jsonb[]) as a;
select results_eq('select job_id, verdict from answer order by place',
    format($$ select id, 'ok'::queue.verdict from unnest(%L::bigint[]) as i (id) $$, :'jobs'),
    'a verdict for each pair, in order');
select results_eq('select j.state, j.result from answer as a cross join lateral queue.get_job(a.job_id) as j order by place',
    $$ values ('succeeded', '{"n": 1}'::jsonb), ('succeeded', null), ('succeeded', '{"n": 3}') $$,
    'each with the result at its place');
select is((select count(*) from queue.attempt where outcome = 'succeeded'), 3::bigint, 'a row for each attempt');
select results_eq(format('select verdict from queue.complete_batch(%L, %L)', :'jobs', :'tokens'),
    $$ values ('stale'::queue.verdict), ('stale'), ('stale') $$, 'a second time all are stale');
select results_eq('select j.result from answer as a cross join lateral queue.get_job(a.job_id) as j order by place',
    $$ values ('{"n": 1}'::jsonb), (null), ('{"n": 3}') $$, 'and nothing changes');

-- Every verdict in one call
select job_id as fourth, lease_token as token4 from held where place = 4 \gset
select job_id as fifth, lease_token as token5 from held where place = 5 \gset
select job_id as sixth, lease_token as token6 from held where place = 6 \gset
select queue.cancel(:fifth) \g /dev/null
select results_eq(
    format('select job_id, verdict::text from queue.complete_batch(array[%s, %s, %s, %s, 999999, null, %s]::bigint[], '
        'array[%s, %s, %s, 5, 7, 8, null]::bigint[], null)', :sixth, :fifth, :fourth, :sixth, :sixth, :token6, :token5, :token4),
    format($$ values (%s::bigint, 'ok'), (%s, 'canceled'), (%s, 'ok'), (%s, 'stale'), (999999, 'missing'), (null, 'missing'),
        (%s, 'stale') $$, :sixth, :fifth, :fourth, :sixth, :sixth),
    'good, canceled, wrong, unknown and null pairs each have their own verdict');
select is(pg_temp.state(:fourth) || ' ' || pg_temp.state(:fifth) || ' ' || pg_temp.state(:sixth),
    'succeeded canceled succeeded', 'the good ones are done');

-- The same pair twice
select queue.enqueue('twice', 'k') as id \gset
select job, token from pg_temp.take('twice') \gset
select results_eq(format('select verdict::text from queue.complete_batch(array[%1$s, %1$s]::bigint[], '
        'array[%2$s, %2$s]::bigint[])', :job, :token),
    $$ values ('ok'), ('stale') $$, 'of a pair given twice the first is ok and the second stale');
select is(pg_temp.story(:id), '1 succeeded', 'and settled once');

-- Several claims in one call
select queue.enqueue('several', 'k') as one \gset
select queue.enqueue('several', 'k') as two \gset
select job as job1, token as token1 from pg_temp.take('several') \gset
select job as job2, token as token2 from pg_temp.take('several') \gset
select isnt(:token1, :token2, 'two claims have two tokens');
select results_eq(format('select job_id, verdict::text from queue.complete_batch(array[%s, %s]::bigint[], array[%s, %s]::bigint[], '
        '%L)', :job2, :job1, :token2, :token1, '{"{\"n\": 2}","{\"n\": 1}"}'),
    format($$ values (%s::bigint, 'ok'), (%s, 'ok') $$, :job2, :job1), 'jobs of several claims are settled in one call');
select is((pg_temp.job(:job1)).result || (pg_temp.job(:job2)).result, '{"n": 2}', 'each with its own result');
select is((pg_temp.job(:job1)).result, '{"n": 1}', 'not that of another');

-- Empty and unequal arrays
select is_empty($$ select * from queue.complete_batch('{}', '{}') $$, 'empty arrays: no rows');
select is_empty($$ select * from queue.complete_batch(null, null) $$, 'null arrays: no rows');
select queue.enqueue('bad', 'k') as id \gset
select job, token from pg_temp.take('bad') \gset
create temp table asked (arguments text, answer text, what text);
insert into asked values
    (format('array[%s, 1]::bigint[], array[%s]::bigint[]', :job, :token),
        '22023 | arrays differ in length: 2 jobs, 1 tokens | pass one element of each for every job', 'fewer tokens than jobs'),
    (format('array[%s]::bigint[], array[%s, 1]::bigint[]', :job, :token),
        '22023 | arrays differ in length: 1 jobs, 2 tokens | pass one element of each for every job', 'more tokens than jobs'),
    (format('array[%s]::bigint[], null', :job),
        '22023 | arrays differ in length: 1 jobs, 0 tokens | pass one element of each for every job', 'null tokens'),
    (format('null, array[%s]::bigint[]', :token),
        '22023 | arrays differ in length: 0 jobs, 1 tokens | pass one element of each for every job', 'null jobs'),
    (format('array[%s]::bigint[], array[%s]::bigint[], array[]::jsonb[]', :job, :token),
        '22023 | arrays differ in length: 1 jobs, 1 tokens, 0 results | pass one element of each for every job', 'no results'),
    (format('array[%s]::bigint[], array[%s]::bigint[], array[null, null]::jsonb[]', :job, :token),
        '22023 | arrays differ in length: 1 jobs, 1 tokens, 2 results | pass one element of each for every job',
        'more results than jobs'),
    (format('array[array[%s]]::bigint[], array[array[%s]]::bigint[]', :job, :token),
        '22023 | arrays must have one dimension | pass one element of each for every job', 'two dimensions');
select is(pg_temp.refusal('select * from queue.complete_batch(' || a.arguments || ')'), a.answer,
    'complete_batch refuses ' || a.what)
from asked as a;
select is(pg_temp.state(:id), 'running', 'a refused batch settles nothing');
select results_eq(format('select verdict::text from queue.complete_batch(array[%s]::bigint[], array[%s]::bigint[])', :job, :token),
    $$ values ('ok') $$, 'and the attempt can still be settled');

-- One pair, in arrays that begin elsewhere
select queue.enqueue('elsewhere', 'k') as id \gset
select job, token from pg_temp.take('elsewhere') \gset
select results_eq(format($$ select job_id, verdict from queue.complete_batch('[5:5]={%s}', '[0:0]={%s}', '[3:3]={"7"}') $$, :job, :token),
    format($$ values (%s::bigint, 'ok'::queue.verdict) $$, :job), 'a pair counts wherever its arrays begin');
select is((pg_temp.job(:id)).result, '7', 'and its result');

-- Which settlements take the claim's lock: what a claim of fewer jobs would take, a transaction that settles thousands of them
-- would fill the lock table with.
create function pg_temp.locks(token bigint) returns text volatile language sql as $$
    select coalesce(string_agg(l.mode, ', '), 'none')
    from pg_locks as l
    where l.locktype = 'advisory' and l.pid = pg_backend_pid() and l.classid::bigint << 32 | l.objid::bigint = -locks.token
$$;
create function pg_temp.claim(jobs int, out ids bigint[], out tokens bigint[]) language plpgsql as $$
begin
    perform queue.enqueue_batch('locks', 'k', array_fill('{}'::jsonb, array[jobs]));
    select array_agg(c.job_id order by c.job_id), array_agg(c.lease_token) into ids, tokens
    from queue.claim_batch('locks', 'w', jobs) as c;
end
$$;
create temp table claimed as select s.jobs, c.* from (values (7), (8), (9), (10)) as s (jobs) cross join lateral pg_temp.claim(s.jobs) as c;
begin;
select count(*) from claimed as c cross join lateral queue.complete_batch(c.ids, c.tokens) where c.jobs = 7 \g /dev/null
select is(pg_temp.locks(c.tokens[1]), 'none', 'none for less than eight jobs') from claimed as c where c.jobs = 7;
select queue.complete(c.ids[1], c.tokens[1]) from claimed as c where c.jobs = 8 \g /dev/null
select is(pg_temp.locks(c.tokens[1]), 'ShareLock', 'shared for one of eight') from claimed as c where c.jobs = 8;
select count(*) from claimed as c cross join lateral queue.complete_batch(c.ids, c.tokens) where c.jobs = 9 \g /dev/null
select is(pg_temp.locks(c.tokens[1]), 'ExclusiveLock', 'alone for the whole of it') from claimed as c where c.jobs = 9;
select count(*) from claimed as c cross join lateral queue.complete_batch(array(select unnest(c.ids) order by 1 desc), c.tokens)
where c.jobs = 10 \g /dev/null
select is(pg_temp.locks(c.tokens[1]), 'ExclusiveLock', 'in whatever order') from claimed as c where c.jobs = 10;
create temp table two as select c.* from (values (8), (9)) as s (jobs) cross join lateral pg_temp.claim(s.jobs) as c;
commit;
begin;
with mixed as materialized (
    select array_agg(p.id order by p.place) as ids, array_agg(p.token order by p.place) as tokens
    from two as t cross join lateral unnest(t.ids, t.tokens) with ordinality as p (id, token, place)
)
select is(string_agg(distinct b.verdict::text, ', ') || ' ' || count(*), 'ok 17', 'two claims in one call')
from mixed as m cross join lateral queue.complete_batch(m.ids, m.tokens) as b;
select is(string_agg(pg_temp.locks(t.tokens[1]), ' '), 'ExclusiveLock ExclusiveLock', 'each is settled as a whole') from two as t;
create temp table own as select c.* from pg_temp.claim(9) as c;
select count(*) from own as c cross join lateral queue.complete_batch(c.ids, c.tokens) \g /dev/null
select is(pg_temp.locks(c.tokens[1]), 'none', 'none for what the transaction has claimed itself') from own as c;
commit;

select * from finish();
