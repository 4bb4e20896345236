-- queue.explain tells why a job that is due does not run, by what was claimed lately and by the limits of its queue.
\ir ../support/common.sql
select plan(20);

create function pg_temp.why(job bigint) returns text volatile language plpgsql as $$
begin
    return (select e.state || ' ' || e.reason from queue.explain(job) as e);
end
$$;
create function pg_temp.named(queue_name text, name text) returns bigint volatile language sql as $$
    select j.job_id from queue.job as j where j.queue = queue_name and j.payload #>> '{}' = name
$$;
-- Claims up to a number of jobs; how many there were.
create function pg_temp.claim(queue_name text, jobs int, known text[] default null, keys text[] default null)
returns bigint volatile language sql as $$
    select count(*) from queue.claim_batch(queue_name, 'w', jobs, kinds => known, routing_keys => keys)
$$;
-- As if that much time had passed since the queue's claims.
create function pg_temp.age(by interval) returns void volatile language sql as $$
    update queue_internal.claim set claimed_at = claimed_at - by;
    update queue_internal.gate set refilled_at = refilled_at - by;
$$;

-- kinds
select queue.create_queue('q', '{"stripes": 1}');
select count(queue.enqueue('q', 'rare', to_jsonb(n))) from generate_series(1, 3) as n \g /dev/null
select pg_temp.claim('q', 10, '{k}') \g /dev/null
select is(pg_temp.why(pg_temp.named('q', '3')), 'ready NO_WORKER_FOR_KIND', 'passed over, and nobody has claimed its kind');
select is(pg_temp.claim('q', 1, '{rare}'), 1::bigint, 'a worker that knows it comes');
select is(pg_temp.why(pg_temp.named('q', '3')), 'ready WAITING_TURN', 'then it only waits');
select pg_temp.age('2 minutes') \g /dev/null
select is(pg_temp.why(pg_temp.named('q', '3')), 'ready NO_WORKER_FOR_KIND', 'until that worker was not heard of for a minute');
select queue.enqueue('q', 'rare', '"first"', priority => 5) \g /dev/null
select is(pg_temp.claim('q', 1), 1::bigint, 'a worker that takes other jobs of its kind first');
select is(pg_temp.why(pg_temp.named('q', '3')), 'ready WAITING_TURN', 'is one that knows it');
select pg_temp.age('2 minutes') \g /dev/null
select queue.enqueue('q', 'k', '"other"', priority => 5) \g /dev/null
select pg_temp.claim('q', 1) \g /dev/null
select is(pg_temp.why(pg_temp.named('q', '3')), 'ready NO_WORKER_FOR_KIND', 'one that takes other kinds is not known to be');

-- a limit that holds back a kind that nobody claims
select queue.create_queue('o', '{"ordered": true}');
select queue.enqueue('o', k, to_jsonb(k), group_key => 'g') from unnest(array['known', 'rare', 'next']) as k \g /dev/null
select c.job_id, c.lease_token from queue.claim_batch('o', 'w', 10, kinds => '{known, next}') as c \gset
select is(pg_temp.why(pg_temp.named('o', 'rare')), 'ready KEY_BUSY', 'behind one that runs');
select queue.complete(:job_id, :lease_token) \g /dev/null
select is(pg_temp.claim('o', 10, '{known, next}'), 0::bigint, 'whose end is nothing for workers that do not know the next');
select is(pg_temp.why(pg_temp.named('o', 'rare')), 'ready NO_WORKER_FOR_KIND', 'that one waits for another worker');
select is(pg_temp.why(pg_temp.named('o', 'next')), 'ready WAITING_TURN', 'and those behind it for their turn');
select pg_temp.age('2 minutes') \g /dev/null
select is(pg_temp.why(pg_temp.named('o', 'rare')), 'ready NO_WORKER', 'without any worker it is not for its kind');

-- a limit that holds back what no claim has come to yet
select queue.create_queue('l', '{"max_in_flight_per_group": 1}');
select queue.enqueue('l', 'k', to_jsonb(n), group_key => 'g') from generate_series(1, 2) as n \g /dev/null
select pg_temp.claim('l', 1) \g /dev/null
select is(pg_temp.why(pg_temp.named('l', '2')), 'ready IN_FLIGHT_EXCEEDED', 'its group is full, also when no claim has looked at it');

-- a strict queue with limits
select queue.create_queue('s', '{"strict_routing": true, "max_in_flight_per_group": 1}');
select queue.enqueue('s', 'k', to_jsonb(n), group_key => 'g', routing_key => 'x') from generate_series(1, 2) as n \g /dev/null
select queue.enqueue('s', 'k', '"plain"') \g /dev/null
select queue.complete(c.job_id, c.lease_token) from queue.claim_batch('s', 'w', 10, routing_keys => '{x}') as c \g /dev/null
select is(pg_temp.claim('s', 10, keys => '{x}'), 1::bigint, 'claims that name a key take what a limit had held back');
select is(pg_temp.why(pg_temp.named('s', 'plain')), 'ready NO_WORKER', 'they are not for a job without a key');
select is(pg_temp.claim('s', 10), 1::bigint, 'until one comes that names none');
select queue.enqueue('s', 'k', '"more"') \g /dev/null
select is(pg_temp.why(pg_temp.named('s', 'more')), 'ready WAITING_TURN', 'then it waits for its turn');

-- retries
select queue.create_queue('r', '{"max_retries": 1, "starts_period": "1 hour", "stripes": 1}');
select queue.enqueue('r', 'k', to_jsonb(n)) from generate_series(1, 3) as n \g /dev/null
select queue.fail(c.job_id, c.lease_token, 'E', retry_in => case when c.payload = '3' then interval '1 hour' else '0' end)
from queue.claim_batch('r', 'w', 10) as c \g /dev/null
select is(pg_temp.claim('r', 10), 1::bigint, 'of two retries one may start');
select is((select string_agg((j.payload #>> '{}') || ' ' || e.state || ' ' || e.reason, ', ' order by j.job_id)
        from queue.job as j cross join lateral queue.explain(j.job_id) as e where j.queue = 'r' and e.state <> 'running'),
    '2 retrying RETRY_RATE_EXCEEDED, 3 retrying RETRY_WAIT', 'the other is held back; a third waits for its backoff');
select queue.retry(pg_temp.named('r', '3')) \g /dev/null
select is(pg_temp.why(pg_temp.named('r', '3')), 'ready RETRY_RATE_EXCEEDED', 'one that is ready is held back as well');

select * from finish();
