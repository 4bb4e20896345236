-- A fair queue takes turns between its groups: a group with many jobs delays the job of another by no more than one round,
-- at whatever point of its life that job is; weights count; what some have not, others get; a higher priority comes first.
\ir ../support/common.sql
\ir ../support/buffers.sql
select plan(49);

-- Who gets something of a claim, and how much; the jobs are done.
create function pg_temp.served(jobs int, queue text default 'q', kinds text[] default null) returns text language plpgsql as $$
declare
    v_text text;
begin
    select string_agg(coalesce(g.group_key, '-') || g.n, ' ' order by g.group_key) into v_text
    from (
        select c.group_key, count(*) as n, count(queue.complete(c.job_id, c.lease_token)) as done
        from queue.claim_batch(served.queue, 'w', jobs, kinds => served.kinds) as c
        group by c.group_key
    ) as g;
    return v_text;
end
$$;

select queue.create_queue('q', '{"fair": true, "backoff_base": "0 seconds", "backoff_jitter": 0}') \g /dev/null
select count(*) from queue.enqueue_batch('q', 'k', array_fill('1'::jsonb, array[20000]), group_key => 'a') \g /dev/null
select is(pg_temp.served(1), 'a1', 'while a group is alone it gets all');
select is(pg_temp.served(500), 'a500', 'in batches, too');
select queue.enqueue('q', 'k', group_key => 'b') \g /dev/null
select is(pg_temp.served(1), 'b1', 'another''s single job comes next, whatever stands before it');
select queue.enqueue('q', 'k', group_key => 'b') from generate_series(1, 3) \g /dev/null
select is(pg_temp.served(1) || pg_temp.served(1) || pg_temp.served(1) || pg_temp.served(1), 'a1b1a1b1', 'they take turns');
select queue.enqueue('q', 'k', group_key => g) from unnest(array['b', 'c', 'd']) as g, generate_series(1, 30) \g /dev/null
select is(pg_temp.served(40), 'a10 b10 c10 d10', 'a batch is shared equally');
select is(pg_temp.served(200), 'a139 b21 c20 d20', 'what some have not, the others get');
select queue.enqueue('q', 'k') \g /dev/null
select is((select string_agg(pg_temp.served(1), ' ') from generate_series(1, 2)), '-1 a1', 'jobs without a group have a turn as well');

-- How much a tenant has is nothing to a claim: it looks at the head of each lane.
select queue.create_queue('tenants', '{"fair": true}') \g /dev/null
select count(*) from queue.enqueue_batch('tenants', 'k', array_fill('1'::jsonb, array[150000]), group_key => 'huge') \g /dev/null
select pg_temp.served(1, 'tenants') from generate_series(1, 3) \g /dev/null
select queue.enqueue('tenants', 'k', group_key => 'tiny') \g /dev/null
select is(pg_temp.served(1, 'tenants'), 'tiny1', 'one job comes next, whatever hundred thousands stand before it');
select is(pg_temp.served(10, 'tenants'), 'huge10', 'then the others go on');
select queue.enqueue('tenants', 'k', group_key => 't' || n) from generate_series(1, 9) as n \g /dev/null
select is((select count(*) from generate_series(1, 10) as n, lateral queue.claim_batch('tenants', 'w', sign(n)::int) as c where c.group_key <> 'huge'),
    9::bigint, 'and nine tenants have theirs within one round');

-- Groups of the past cost a claim nothing.
select queue.create_queue(q, '{"fair": true}') from unnest('{past,gone}'::text[]) as q \g /dev/null
select queue.enqueue(q, 'k', group_key => 'g' || n) from unnest('{past,gone}'::text[]) as q, generate_series(1, 400) as n \g /dev/null
select queue.complete(c.job_id, c.lease_token) from queue.claim_batch('past', 'w', 500) as c \g /dev/null
select queue.drop_queue('gone', true) \g /dev/null
update queue_internal.claim set claimed_at = claimed_at - interval '2 minutes';
do $$
begin
    for n in 1 .. 300 loop  -- not while some transaction of the cluster is older than what was written to them
        delete from queue_internal.tally;
        perform queue.maintain();
        commit;
        exit when not exists (
            select from queue_internal.lane as l
            where l.queue in ('past', 'gone') and l.purpose = 'ready' and l.rested is null);
        perform pg_sleep(0.2);
    end loop;
end
$$;
select is((select count(*) from queue_internal.lane as l where l.queue in ('past', 'gone') and l.purpose = 'ready' and l.rested is null), 0::bigint,
    'lanes of groups that have nothing, and of dropped queues, are put to rest');
select queue.enqueue('past', 'k', group_key => 'g' || n) from generate_series(1, 5) as n \g /dev/null
select cmp_ok(pg_temp.buffers('select * from queue.claim_batch(''past'', ''w'')'), '<', 2000::bigint, 'claims do not look at them');
select is((select count(*) from queue.claim_batch('past', 'w', 10)), 4::bigint, 'and find those that have something again');
select is_empty($$ select * from queue.verify() where not ok $$, 'which verify() finds in order');

-- retries, delays, kinds
select queue.fail(c.job_id, c.lease_token, 'E') from queue.claim_batch('q', 'w', 1000) as c \g /dev/null
select queue.enqueue('q', 'k', group_key => 'e', max_attempts => 5) as e \gset
select queue.fail(c.job_id, c.lease_token, 'E') from queue.claim_batch('q', 'w', 1) as c where c.job_id = :e \g /dev/null
select is((select count(*) from generate_series(1, 4) where pg_temp.served(1) = 'e1'), 1::bigint,
    'a retry comes in its group''s turn, not behind a thousand retries of another');
select count(*) from queue.enqueue_batch('q', 'k', array_fill('1'::jsonb, array[1000]), group_key => 'a',
    run_at => clock_timestamp() + interval '100 milliseconds') \g /dev/null
select queue.enqueue('q', 'k', group_key => 'f', run_at => clock_timestamp() + interval '150 milliseconds') \g /dev/null
select pg_sleep(0.3) \g /dev/null
select queue.maintain() from generate_series(1, 3) \g /dev/null
select is((select count(*) from generate_series(1, 4) where pg_temp.served(1) = 'f1'), 1::bigint,
    'so does a job that was due later');
select queue.create_queue('o', '{"fair": true}') \g /dev/null
select count(*) from queue.enqueue_batch('o', 'other', array_fill('1'::jsonb, array[300]), group_key => 'g') \g /dev/null
select queue.enqueue('o', 'other', group_key => 'h') \g /dev/null
select is(pg_temp.served(500, 'o', '{k}'), null, 'workers of another kind pass them over') from generate_series(1, 3);
select is((select string_agg(s.who, ' ' order by s.who) from (
    select pg_temp.served(1, 'o', '{other}') as who from generate_series(1, 2)) as s), 'g1 h1',
    'and they take turns all the same')
where exists (select from queue_internal.lane as l where l.queue = 'o' and l.purpose = 'parked');

-- priorities
select queue.create_queue('p', '{"fair": true}') \g /dev/null
select queue.enqueue('p', 'k', group_key => g, priority => p)
from unnest(array['a', 'b']) as g, generate_series(0, 1) as p, generate_series(1, 20) \g /dev/null
select queue.enqueue('p', 'k', group_key => 'a', priority => 1) from generate_series(1, 50) \g /dev/null
select is((select string_agg(x.p || ':' || x.n, ' ' order by x.p) from (
    select c.priority as p, count(*) as n from queue.claim_batch('p', 'w', 80) as c group by 1) as x), '1:80',
    'a higher priority comes first, whoever has it');
select is((select string_agg(x.p || ':' || x.n, ' ' order by x.p) from (
    select c.priority as p, count(*) as n from queue.claim_batch('p', 'w', 30) as c group by 1) as x), '0:20 1:10',
    'the lower ones fill what is left');

-- weights
select queue.create_queue('w', '{"fair": true, "fair_weights": {"big": 3}}') \g /dev/null
select count(queue.enqueue('w', 'k', group_key => g)) from unnest(array['big', 'small']) as g, generate_series(1, 400) \g /dev/null
select ok(pg_temp.served(40, 'w') ~ '^big(29|30|31) small(9|10|11)$', 'a group of weight 3 has three turns for each of another');
select is((select count(*) filter (where s.who = 'big1') from (
    select pg_temp.served(1, 'w') as who from generate_series(1, 40)) as s), 30::bigint, 'one by one as well');

select queue.create_queue('due', '{"fair": true, "fair_weights": {"big": 3}}') \g /dev/null
select queue.enqueue_batch('due', 'k', array_fill('1'::jsonb, array[200]), group_key => 'big', run_at => clock_timestamp() + interval '50 ms') \g /dev/null
select queue.enqueue_batch('due', 'k', array_fill('1'::jsonb, array[200]), group_key => 'small', run_at => clock_timestamp() + interval '50 ms') \g /dev/null
select pg_sleep(0.1) \g /dev/null
select queue.maintain() from generate_series(1, 2) \g /dev/null
select ok(pg_temp.served(40, 'due') ~ '^big(29|30|31) small(9|10|11)$', 'also when all become due together');

-- foreign kinds at the head of every group do not let a lower priority pass
select queue.create_queue('heads', '{"fair": true}') \g /dev/null
select queue.enqueue('heads', 'other', group_key => 'g' || g, priority => 1) from generate_series(1, 10) as g, generate_series(1, 30) \g /dev/null
select queue.enqueue('heads', 'k', group_key => 'g' || g, priority => 1) from generate_series(1, 10) as g \g /dev/null
select queue.enqueue('heads', 'k', group_key => 'g' || g) from generate_series(1, 10) as g, generate_series(1, 3) \g /dev/null
select is((select min(c.priority) || ' ' || count(*) from queue.claim_batch('heads', 'w', 10, kinds => '{k}') as c), '1 10',
    'jobs behind those of another kind come before a lower priority');

-- a group has its turn, not one for each of its kinds
select queue.create_queue('turns', '{"fair": true}') \g /dev/null
select queue.enqueue('turns', 'k' || k, group_key => 'a') from generate_series(1, 8) as k, generate_series(1, 20) \g /dev/null
select queue.enqueue('turns', 'k1', group_key => 'b') from generate_series(1, 20) \g /dev/null
select is(pg_temp.served(500, 'turns', '{none}'), null, 'workers that know none of the kinds pass all over') from generate_series(1, 9);
select ok((select count(*) filter (where s.who = 'b1') from (
    select pg_temp.served(1, 'turns', array['k1', 'k2', 'k3', 'k4', 'k5', 'k6', 'k7', 'k8']) as who from generate_series(1, 20)) as s)
    between 9 and 11, 'a group of many kinds has one turn');

-- a limit
select queue.create_queue('l', '{"fair": true, "max_in_flight": 3}') \g /dev/null
select count(*) from queue.enqueue_batch('l', 'k', array_fill('1'::jsonb, array[100]), group_key => 'a') \g /dev/null
select queue.enqueue('l', 'k', group_key => 'b') \g /dev/null
select is((select string_agg(c.group_key, '' order by c.group_key) from queue.claim_batch('l', 'w', 10) as c), 'aab',
    'where only some may run they are shared out the same way');

-- a group that is full
select queue.create_queue('full', '{"fair": true, "max_in_flight_per_group": 1, "lease": "1 hour"}') \g /dev/null
select queue.enqueue_batch('full', 'k', array_fill('1'::jsonb, array[3000]), group_key => 'a') \g /dev/null
select queue.enqueue('full', 'k', group_key => 'b') from generate_series(1, 2) \g /dev/null
select is((select string_agg(c.group_key, '' order by c.group_key) from queue.claim_batch('full', 'w', 10) as c), 'ab', 'one of each may run');
select is((select count(*) from generate_series(1, 4) as n, queue.claim_batch('full', 'w', 10 + n)), 0::bigint, 'no more');
select ok((select count(*) from queue_internal.throttled as b where b.queue = 'full') <= 20, 'the others of a stay in their lane');
select is((select string_agg(concat_ws(' ', d.group_key, d.reason_code), ', ' order by d.group_key) from queue.policy_decision as d
    where d.queue = 'full'), 'a IN_FLIGHT_EXCEEDED, b IN_FLIGHT_EXCEEDED', 'it is recorded');
select is((select e.reason from queue.explain((select max(j.job_id) from queue.job as j where j.queue = 'full' and j.group_key = 'a')) as e),
    'IN_FLIGHT_EXCEEDED', 'explain says so');
select queue.complete(h.job_id, h.token) from queue_internal.held as h where h.queue = 'full' and h.group_key = 'a' \g /dev/null
select is((select string_agg(pg_temp.served(10, 'full'), ' ') from generate_series(1, 60)), (select string_agg('a1', ' ') from generate_series(1, 60)),
    'when one has ended the next starts, from wherever it waits');

-- refusals
select is(pg_temp.refusal(format('select queue.configure_queue(''q'', %L)', o)), '22023 | ' || m, w)
from (values
    ('{"fair_weights": {"a": 0}}', 'fair_weights must be an object of weights from 1 to 99 | for example {"a large customer": 5}; a group that is not named has 1', 'a weight of nothing'),
    ('{"fair_weights": {"a": "x"}}', 'fair_weights must be an object of weights from 1 to 99 | for example {"a large customer": 5}; a group that is not named has 1', 'a word for a weight'),
    ('{"fair_weights": {"a": null}}', 'fair_weights must be an object of weights from 1 to 99 | for example {"a large customer": 5}; a group that is not named has 1', 'null for a weight'),
    ('{"fair_weights": [1]}', 'fair_weights must be an object of weights from 1 to 99 | for example {"a large customer": 5}; a group that is not named has 1', 'an array'),
    ('{"ordered": true}', 'a queue cannot be both fair and ordered | an ordered queue has one job of a group in flight: that is a share for each', 'both fair and ordered')
) as r (o, m, w);
select is(queue.configure_queue('w', '{"fair_weights": null}')::text, '', 'null takes the weights back');
select * from finish();
