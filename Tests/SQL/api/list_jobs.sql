-- queue.list_jobs: thousands of jobs in every state that there is, page by page, against the view that looks at each.
\ir ../support/common.sql
select plan(30);

-- All pages of a list, as ids in the order in which they came.
create function pg_temp.pages(of_queue text, of_state text, of_kind text, page int) returns bigint[]
volatile language plpgsql as $$
declare
    v_ids bigint[] := '{}';
    v_page bigint[];
begin
    loop
        v_page := array(select j.job_id from queue.list_jobs(of_queue, of_state, of_kind, v_ids[cardinality(v_ids)], page) as j);
        v_ids := v_ids || v_page;
        exit when cardinality(v_page) < page;
    end loop;
    return v_ids;
end
$$;

select queue.create_queue(q, '{"backoff_base": "1 hour", "backoff_cap": "1 hour", "stripes": 3}') from unnest('{q,r}'::text[]) as q \g /dev/null
create function pg_temp.fill(queue_name text, jobs int, due interval) returns bigint volatile language sql as $$
    select count(*) from generate_series(1, 3) as p
    cross join lateral queue.enqueue_batch(queue_name, 'k' || p, array_fill('1'::jsonb, array[jobs / 3]), priority => p,
        run_at => clock_timestamp() + due)
$$;
create temp table taken as select null::bigint as job_id, null::bigint as lease_token where false;
create function pg_temp.take(queue_name text, jobs int) returns bigint volatile language sql as $$
    truncate taken;
    insert into taken select c.job_id, c.lease_token from queue.claim_batch(queue_name, 'w', jobs) as c;
    select count(*) from taken
$$;

select pg_temp.fill('q', 900, null) + pg_temp.fill('r', 300, null) + pg_temp.fill('q', 90, '1 second') as x \gset
select pg_temp.take('q', 400) as x \gset
select count(*) as x from taken, lateral queue.complete(job_id, lease_token) \gset
select pg_temp.take('q', 100) as x \gset
select count(*) as x from taken, lateral queue.fail(job_id, lease_token, 'E') \gset
select pg_temp.take('r', 60) as x \gset
select count(*) as x from taken, lateral queue.fail(job_id, lease_token, 'E', permanent => true) \gset
select pg_temp.take('q', 40) as x \gset
select count(*) as x from taken, lateral queue.skip(job_id, lease_token, 'r') \gset
select pg_temp.take('q', 30) as x \gset
select count(*) as x from taken, lateral queue.release(job_id, lease_token) \gset
select pg_temp.take('r', 30) as x \gset
select count(*) as x from taken, lateral queue.snooze(job_id, lease_token, '1 hour') \gset
select pg_temp.take('q', 20) as x \gset
select count(*) as x from taken, lateral queue.heartbeat(array[job_id], array[lease_token], '2 minutes') \gset
select pg_temp.take('r', 45) as x \gset
select pg_temp.fill('q', 300, null) + pg_temp.fill('q', 600, '1 hour') + pg_temp.fill('r', 90, '2 hours') as x \gset
select queue.cancel_jobs('q', 'ready', max_jobs => 35) + queue.cancel_jobs('q', 'scheduled', max_jobs => 25)
    + queue.cancel_jobs('q', 'retrying', max_jobs => 10) + queue.cancel_jobs('r', 'running', max_jobs => 5) as x \gset
select count(*) as x from queue.claim_batch('q', 'w', 5, kinds => '{none}') \gset
select queue.enqueue('q', 'k1', unique_key => 'u', run_at => now() + interval '1 hour') as revised \gset
select queue.enqueue('q', 'k1', '2', unique_key => 'u', on_conflict => 'replace') = :revised as x \gset
create temp table blocked as
select queue.enqueue('r', 'k' || 1 + n % 3, after => array[:revised]) as job_id from generate_series(1, 40) as n;
select queue.cancel(min(b.job_id)) as x from blocked as b \gset
select pg_sleep(1) \g /dev/null
select queue.maintain() is null as x \gset
select queue.create_queue('limited', '{"max_in_flight_per_group": 1}') \g /dev/null
select count(queue.enqueue('limited', 'k' || n % 3 + 1, group_key => g)) from generate_series(1, 20) as n, unnest('{a,b}'::text[]) as g \g /dev/null
select count(*) from queue.claim_batch('limited', 'w', 10) \g /dev/null
create temp table truth as select j.job_id, j.queue, j.kind, j.state from queue.job as j;
select cmp_ok((select count(*) from truth), '>', 2000::bigint, 'there are thousands of jobs');
select is((select string_agg(s.state, ' ' order by s.state) from (select distinct t.state from truth as t) as s),
    'blocked canceled dead ready retrying running scheduled skipped succeeded', 'in every state');

select is(pg_temp.pages(null, s.state, null, 500), array(select t.job_id from truth as t where t.state = s.state order by 1),
    s.state || ': all of them, in the order of their ids')
from unnest('{canceled,dead,ready,retrying,running,scheduled,skipped,succeeded,blocked}'::text[]) as s (state);
select is(pg_temp.pages('r', s.state, 'k2', 7),
    array(select t.job_id from truth as t where t.state = s.state and t.queue = 'r' and t.kind = 'k2' order by 1),
    s.state || ': those of one queue and kind, in pages of 7')
from unnest('{blocked,canceled,dead,ready,retrying,running,scheduled,skipped,succeeded}'::text[]) as s (state);
select is(pg_temp.pages(null, s.state, 'k3', 60),
    array(select t.job_id from truth as t where t.state = s.state and t.kind = 'k3' order by 1),
    s.state || ': those of a kind in all queues')
from unnest('{canceled,ready,retrying,running,scheduled,succeeded}'::text[]) as s (state);
select is(pg_temp.pages(null, null, null, 500), array(select t.job_id from truth as t order by 1), 'all jobs');
select is(pg_temp.pages('q', null, 'k1', 100),
    array(select t.job_id from truth as t where t.queue = 'q' and t.kind = 'k1' order by 1), 'all jobs of a queue and kind');

-- Leases that have ended, and jobs that are due, before anybody has looked at them
select queue.create_queue('late', '{"lease": "100 milliseconds"}') \g /dev/null
select queue.enqueue('late', 'k') as lost \gset
select count(*) as x from queue.claim_batch('late', 'w') \gset
select queue.enqueue('late', 'k', run_at => clock_timestamp() + interval '100 milliseconds') as due \gset
select pg_sleep(0.3) \g /dev/null
select is(pg_temp.pages('late', 'running', null, 10), array[:lost]::bigint[], 'running, when its lease has ended');
select is(pg_temp.pages('late', 'scheduled', null, 10), array[:due]::bigint[], 'scheduled, when it is due');

select * from finish();
