-- max_starts, max_starts_per_group and max_retries: how often jobs of a queue, and of each group of it, start. The clock is
-- not waited for: buckets are set back instead.
\ir ../support/common.sql
select plan(26);

create function pg_temp.claim(queue_name text, jobs int) returns int volatile language sql as $$
    select count(*)::int from queue.claim_batch(queue_name, 'w', jobs)
$$;
-- As if a time had passed for the buckets of a queue.
create function pg_temp.pass(queue_name text, span interval) returns void volatile language sql as $$
    update queue_internal.gate as g set refilled_at = g.refilled_at - span, opens_at = g.opens_at - span
    where g.queue = queue_name
$$;

select queue.create_queue('q', '{"max_starts": 2, "starts_period": "1 hour"}');
select queue.enqueue('q', 'k') from generate_series(1, 20) \g /dev/null
select is(pg_temp.claim('q', 10), 2, 'a full bucket, which holds what one period lets start');
select is(pg_temp.claim('q', 10), 0, 'then none');
select queue.complete(c.job_id, a.token) from queue_internal.claim as a, unnest(a.ids) as c (job_id) where a.token <> 0 \g /dev/null
select is(pg_temp.claim('q', 10), 0, 'an end makes no room');
select is((select reason from queue.explain(3)), 'RATE_EXCEEDED', 'explain says so');
select alike((select detail from queue.explain(3)), 'jobs of queue ''q'' have started as often as they may; again at about %', 'and when');
select ok((select (regexp_match(e.detail, 'at about (.*)'))[1]::timestamptz - clock_timestamp()
    between interval '15 minutes' and interval '30 minutes' from queue.explain(3) as e), 'in half an hour');
select pg_temp.pass('q', '31 minutes') \g /dev/null
select is(pg_temp.claim('q', 10), 1, 'after half a period one more');
select pg_temp.pass('q', '10 hours') \g /dev/null
select is(pg_temp.claim('q', 10), 2, 'after many no more than the bucket holds');
select is((select string_agg(concat_ws(' ', d.reason_code, d.details), ', ') from queue.policy_decision as d where d.queue = 'q'),
    'RATE_EXCEEDED {"max_starts": 2, "starts_period": "01:00:00"}', 'recorded once');
select queue.configure_queue('q', '{"max_starts_burst": 5}');
select pg_temp.pass('q', '10 hours') \g /dev/null
select is(pg_temp.claim('q', 10), 5, 'a burst may be larger than a period''s starts');
select queue.configure_queue('q', '{"max_starts_burst": 1}');
select pg_temp.pass('q', '10 hours') \g /dev/null
select is(pg_temp.claim('q', 10), 1, 'or smaller');
select queue.configure_queue('q', '{"max_starts": 0}');
select is(pg_temp.claim('q', 4), 4, 'without the limit there is none');

select queue.create_queue('g', '{"max_starts_per_group": 2, "starts_period": "1 hour"}');
select queue.enqueue('g', 'k', group_key => key) from generate_series(1, 5), unnest(array['a', 'b']) as key \g /dev/null
select queue.enqueue('g', 'k') from generate_series(1, 3) \g /dev/null
select is(pg_temp.claim('g', 100), 7, 'two of each group, and all that have none');
select is(pg_temp.claim('g', 100), 0, 'then none');
select min(j.job_id) as waits from queue.job as j where j.queue = 'g' and j.group_key = 'a' and j.state = 'ready' \gset
select is((select e.reason from queue.explain(:waits) as e), 'RATE_EXCEEDED', 'explain says so');
select pg_temp.pass('g', '31 minutes') \g /dev/null
select is(pg_temp.claim('g', 100), 2, 'after half a period one of each');
select is((select string_agg(concat_ws(' ', d.group_key, d.reason_code), ', ' order by d.group_key)
    from queue.policy_decision as d where d.queue = 'g'), 'a RATE_EXCEEDED, b RATE_EXCEEDED', 'recorded for each');
select pg_temp.pass('g', '10 hours') \g /dev/null
select is(pg_temp.claim('g', 100), 4, 'the last ones');
select queue.complete(c.job_id, a.token) from queue_internal.claim as a, unnest(coalesce(a.job_ids, a.ids)) as c (job_id)
where a.token <> 0 \g /dev/null
update queue_internal.gate set recounted_at = '-infinity', refilled_at = refilled_at - interval '10 hours' where queue = 'g';
select ok((queue.maintain() ->> 'recounted')::int > 0, 'maintain() recounts');
select is_empty($$ select * from queue_internal.gate where queue = 'g' and group_key <> '' $$,
    'nothing is kept of a group with a full bucket');

-- Retries.
select queue.create_queue('r', '{"max_retries": 2, "starts_period": "1 hour"}');
select queue.enqueue('r', 'k') from generate_series(1, 5) \g /dev/null
select queue.fail(c.job_id, c.lease_token, 'E', retry_in => '0') from queue.claim_batch('r', 'w', 5) as c \g /dev/null
select is(pg_temp.claim('r', 10), 2, 'two of five retries');
select is((select count(*) from queue.job where queue = 'r' and state = 'retrying'), 3::bigint, 'the others are put off');
select is((select string_agg(concat_ws(' ', d.reason_code, d.details), ', ') from queue.policy_decision as d where d.queue = 'r'),
    'RETRY_RATE_EXCEEDED {"max_retries": 2, "starts_period": "01:00:00"}', 'recorded once');
select queue.enqueue('r', 'k') from generate_series(1, 2) \g /dev/null
select is(pg_temp.claim('r', 10), 2, 'first attempts are free');
select pg_temp.pass('r', '31 minutes') \g /dev/null
select queue.retry(job_id) from queue.job where queue = 'r' and state = 'retrying' \g /dev/null
select is(pg_temp.claim('r', 10), 1, 'after half a period one more');
select is_empty($$ select * from queue.verify() where not ok $$, 'verify() finds nothing');
select * from finish();
