-- history = receipts: one row for what a call settles of a claim as succeeded; everything else is told as with a row for each.
\ir ../support/common.sql
select plan(31);

select queue.create_queue('q', '{"history": "receipts", "stripes": 1, "backoff_base": "0", "lease": "1 hour"}');
create temp table made as
select place::int, id from queue.enqueue_batch('q', 'k', array(select to_jsonb(n) from generate_series(1, 12) as n)) with ordinality as b (id, place);
create temp table held as
select m.place, c.job_id, c.lease_token from queue.claim_batch('q', 'w', 12) as c join made as m on m.id = c.job_id;
create function pg_temp.nth(place int) returns bigint language sql as $$ select h.job_id from held as h where h.place = nth.place $$;
create function pg_temp.token(place int) returns bigint language sql as $$
    select h.lease_token from held as h where h.place = token.place $$;
create function pg_temp.settle(variadic places int[]) returns setof text language sql as $$
    select s.verdict::text
    from (select array_agg(h.job_id order by p.n) as jobs, array_agg(h.lease_token order by p.n) as tokens,
            array_agg(case when h.place % 2 = 0 then to_jsonb(h.place) end order by p.n) as results
        from unnest(settle.places) with ordinality as p (place, n) join held as h on h.place = p.place) as a
    cross join lateral queue.complete_batch(a.jobs, a.tokens, a.results) with ordinality as s (job_id, verdict, n)
    order by s.n $$;
create function pg_temp.rows_of(names text) returns bigint language sql as $$
    select count(*) from queue_internal.attempt as a where case names when 'receipts' then a.job_ids <> '{}'
        when 'empty receipts' then a.job_ids = '{}' else a.job_ids is null end $$;

-- A batch
select results_eq('select pg_temp.settle(1, 2, 3)', $$ values ('ok'), ('ok'), ('ok') $$, 'a batch: each is ok');
select is(pg_temp.rows_of('receipts'), 1::bigint, 'in one receipt');
select results_eq('select pg_temp.settle(2, 4, 4)', $$ values ('stale'), ('ok'), ('stale') $$,
    'of a batch that overlaps and names a job twice, what was settled before is stale');
select is(pg_temp.state(pg_temp.nth(2)) || pg_temp.state(pg_temp.nth(4)), 'succeededsucceeded', 'get_job tells that they succeeded');
select results_eq('select j.result from held as h cross join lateral queue.get_job(h.job_id) as j where h.place <= 4 order by h.place',
    $$ values (null), ('2'::jsonb), (null), ('4') $$, 'each with its result');
select results_eq('select outcome, attempt, worker from queue.attempt', $$ select 'succeeded', 1, 'w' from generate_series(1, 4) $$,
    'queue.attempt has a row for each');
select results_eq(format('select event, attempt, worker from queue.timeline(%s)', pg_temp.nth(2)),
    $$ values ('enqueued', null::int, null::text), ('claimed', 1, 'w'), ('succeeded', 1, 'w') $$, 'timeline tells it');

-- Other ends
select is(queue.complete(pg_temp.nth(5), pg_temp.token(5), '"five"'), 'ok', 'complete: ok');
select is(queue.complete(pg_temp.nth(5), pg_temp.token(5)), 'stale', 'once');
select is((select result from queue.get_job(pg_temp.nth(5))), '"five"', 'with its result');
select is(queue.fail(pg_temp.nth(6), pg_temp.token(6), 'E', 'm', '1 hour'), 'ok', 'fail: ok');
select is(queue.fail(pg_temp.nth(7), pg_temp.token(7), 'E', 'm', permanent => true), 'ok', 'for good: ok');
select is(queue.release(pg_temp.nth(8), pg_temp.token(8)), 'ok', 'release: ok');
select is(queue.skip(pg_temp.nth(9), pg_temp.token(9), 'why'), 'ok', 'skip: ok');
select is(queue.snooze(pg_temp.nth(10), pg_temp.token(10), '1 hour'), 'ok', 'snooze: ok');
select is(queue.cancel(pg_temp.nth(11)), 'canceled', 'cancel: canceled');
select results_eq('select pg_temp.settle(5, 6, 7, 8, 9, 10, 11, 12)',
    $$ values ('stale'), ('stale'), ('stale'), ('stale'), ('stale'), ('stale'), ('canceled'), ('ok') $$,
    'a batch afterwards: what ended otherwise stays as it is');
select results_eq('select state from held as h cross join lateral queue.get_job(h.job_id) as j where h.place between 6 and 12 order by h.place',
    $$ values ('retrying'), ('dead'), ('ready'), ('skipped'), ('scheduled'), ('canceled'), ('succeeded') $$, 'each has its state');
select is(pg_temp.rows_of('rows'), 6::bigint, 'what did not succeed has a row for each');
select is(pg_temp.rows_of('empty receipts'), 6::bigint, 'and an empty receipt, its place among the settlements of the claim');
select is(pg_temp.story(pg_temp.nth(6)), '1 failed', 'the attempt that failed is told');

-- Attempts, counts, refusals
select is((select attempt from queue.claim_batch('q', 'w')), 1, 'a released job comes again with the same number');
select is((select running from queue.stats('q')), 1::bigint, 'stats: what runs');
select lives_ok('select * from queue.stats()', 'and with receipts that name no job');
select is((select count(*) from queue.list_jobs('q', 'succeeded')), 6::bigint, 'list_jobs: what succeeded');
select is((select count(*) from queue.list_jobs('q', 'running')), 1::bigint, 'and what runs');
select is_empty('select * from queue.verify() where not ok', 'verify has nothing to say');
select is(pg_temp.refusal($$ select queue.create_queue('x', '{"history": "all"}') $$),
    '22023 | option ''history'' must be attempts or receipts, not ''all'' | '
    'receipts: one row for all that a call settles of a claim as succeeded', 'another history is refused');
select is(pg_temp.refusal($$ select queue.create_queue('x', '{"history": 1}') $$),
    '22023 | option ''history'' must be of type text | a JSON string', 'and no text');

-- With attempts that are not the first, and the option taken back while a claim is out
select queue.create_queue('again', '{"history": "receipts", "stripes": 1, "backoff_base": "0", "backoff_jitter": 0}');
select queue.enqueue('again', 'k') as id \gset
select job_id as job, lease_token as token from queue.claim_batch('again', 'w') \gset
select queue.fail(:job, :token, 'E') \g /dev/null
select lease_token as token from queue.claim_batch('again', 'w') \gset
select queue.configure_queue('again', '{"history": "attempts"}') \g /dev/null
select queue.complete(:job, :token) \g /dev/null
select is(pg_temp.story(:job), '1 failed, 2 succeeded', 'a receipt keeps the number of the attempt');
select is(pg_temp.rows_of('receipts'), 5::bigint, 'a claim keeps the history that it was made with');
select * from finish();
