-- Limits hold back no more than they must: while there is room and something that may start, claims get it, each job once.
\ir ../support/common.sql
select plan(26);

-- Works a queue off, so many jobs at a time, all done before the next claim; how many claims got how many jobs, how often each.
create function pg_temp.work_off(queue_name text, jobs int, out claims int, out got int, out most int) language plpgsql as $$
declare
    v_got int;
begin
    create temp table done (job_id bigint) on commit drop;
    claims := 0;
    for v_round in 1 .. 2000 loop
        with c as (
            insert into done select c.job_id from queue.claim_batch(queue_name, 'w', jobs) as c
            where queue.complete(c.job_id, c.lease_token) = 'ok' returning 1
        )
        select count(*) into v_got from c;
        exit when v_got = 0;
        claims := claims + 1;
    end loop;
    select count(*) into got from done;
    select max(d.n) into most from (select count(*) as n from done group by job_id) as d;
    drop table done;
end
$$;

-- Long runs of full groups, with jobs among them that are canceled, changed, or know a key.
select queue.create_queue('q', '{"max_in_flight_per_group": 20}');
select queue.enqueue_batch('q', 'k', array_fill('1'::jsonb, array[700]), group_key => 'a') \g /dev/null
select queue.enqueue('q', 'k', group_key => 'a', unique_key => 'u' || n) from generate_series(1, 20) as n \g /dev/null
select queue.enqueue_batch('q', 'k', array_fill('1'::jsonb, array[700]), group_key => 'b') \g /dev/null
select queue.cancel(j.job_id) from (select job_id from queue.job where queue = 'q' and job_id % 200 = 7) as j \g /dev/null
select queue.enqueue('q', 'k', '"new"', group_key => 'a', unique_key => 'u3', on_conflict => 'replace') \g /dev/null
select count(*) as live from queue.job where queue = 'q' and state = 'ready' \gset
select is((select w.got || ' ' || w.most from pg_temp.work_off('q', 60) as w), :live || ' 1', 'each job once');
select is((select count(*) from queue_internal.throttled), 0::bigint, 'nothing is left');

create function pg_temp.claim(queue_name text, jobs int, known text[] default null) returns text volatile language sql as $$
    select coalesce(string_agg(c.payload #>> '{}', ' ' order by c.job_id), '') from queue.claim_batch(queue_name, 'w', jobs, kinds => known) as c
$$;
create function pg_temp.finish(queue_name text, name text) returns text volatile language sql as $$
    select queue.complete(h.job_id, h.token)::text
    from queue_internal.held as h cross join lateral queue.get_job(h.job_id) as j
    where h.queue = queue_name and j.payload #>> '{}' = name
$$;

-- Retries that are too many hold back no first attempts of their group.
select queue.create_queue('r', '{"max_in_flight_per_group": 1, "max_retries": 1, "starts_period": "1 hour", "lease": "1 hour"}');
select queue.enqueue('r', 'k', to_jsonb('r' || n), group_key => 'a') from generate_series(1, 2) as n \g /dev/null
select queue.enqueue('r', 'k', to_jsonb('f' || g), group_key => g) from unnest(array['a', 'b']) as g \g /dev/null
select is(pg_temp.claim('r', 1), 'r1', 'the first');
select queue.fail(h.job_id, h.token, 'E', retry_in => '0') from queue_internal.held as h where h.queue = 'r' \g /dev/null
select is(pg_temp.claim('r', 1), 'r2', 'its retry waits for its turn');
select queue.fail(h.job_id, h.token, 'E', retry_in => '0') from queue_internal.held as h where h.queue = 'r' \g /dev/null
select queue.enqueue('r', 'k', '"x"', group_key => 'b') \g /dev/null
update queue_internal.gate set retry_tokens = 0, refilled_at = now() where queue = 'r' and group_key = '';
select is(pg_temp.claim('r', 3), 'fa fb', 'first attempts start');
select is(pg_temp.claim('r', 3), '', 'no more than may');
select pg_temp.finish('r', 'fb') \g /dev/null
select is(pg_temp.claim('r', 3), 'x', 'one after the other');
select pg_temp.finish('r', 'fa') \g /dev/null
select is(pg_temp.claim('r', 3), '', 'then the retries are left');
select is((select string_agg(d.reason_code || ' ' || d.details, ', ') from queue.policy_decision as d where d.queue = 'r' and d.group_key is null),
    'RETRY_RATE_EXCEEDED {"max_retries": 1, "starts_period": "01:00:00"}', 'what keeps the retries is recorded');
select ok(g.throttled = 2 and g.opens_at > now() + interval '50 minutes', 'their group is not looked at before a retry may start')
from queue_internal.gate_of('r', 'a') as g;

-- The same of jobs that are all set aside before.
select queue.create_queue('s', '{"max_in_flight_per_group": 1, "max_retries": 1, "starts_period": "1 hour", "lease": "1 hour"}');
select queue.enqueue('s', 'k', to_jsonb('r' || n), group_key => 'a') from generate_series(1, 3) as n \g /dev/null
select queue.enqueue('s', 'k', '"f"', group_key => 'a') \g /dev/null
select is(pg_temp.claim('s', 9), 'r1', 'the first, the others wait');
update queue_internal.throttled as b set attempt = 2 where b.queue = 's' and b.job_id in (
    select t.job_id from queue_internal.throttled as t where t.queue = 's' order by t.job_id limit 2);
update queue_internal.gate set retry_tokens = 0.5, refilled_at = now() where queue = 's' and group_key = '';
select pg_temp.finish('s', 'r1') \g /dev/null
select is(pg_temp.claim('s', 9), 'f', 'what may start does, behind two retries that may not');
select pg_temp.finish('s', 'f') \g /dev/null
select is(pg_temp.claim('s', 9), '', 'the retries wait');
select ok(g.opens_at between now() + interval '25 minutes' and now() + interval '31 minutes', 'until the next may start')
from queue_internal.gate_of('s', 'a') as g;
select is((select count(*) from queue.policy_decision as d where d.queue = 's' and d.reason_code = 'RETRY_RATE_EXCEEDED'), 1::bigint,
    'it is recorded');
update queue_internal.gate as g set refilled_at = g.refilled_at - interval '31 minutes', opens_at = g.opens_at - interval '31 minutes'
where g.queue = 's';
select is(pg_temp.claim('s', 9), 'r2', 'then one does');

-- Groups that wait with jobs of other kinds hide no group.
select queue.create_queue('kinds', '{"max_in_flight_per_group": 1, "lease": "1 hour"}');
select queue.enqueue('kinds', case g when 700 then 'y' else 'x' end, to_jsonb(g), group_key => 'g' || g)
from generate_series(1, 2), generate_series(1, 700) as g \g /dev/null
select is((select count(*) from queue.claim_batch('kinds', 'w', 2000)), 700::bigint, 'all groups are full');
select is((select count(*) from queue.complete_batch(array_agg(h.job_id), array_agg(h.token))), 700::bigint, 'and open')
from queue_internal.held as h where h.queue = 'kinds';
select is(pg_temp.claim('kinds', 1, '{y}') || pg_temp.claim('kinds', 1, '{y}'), '700', 'the one of another kind is found by the second claim');

-- One group with room gives as many as are asked for, and many groups do.
select queue.create_queue('one', '{"max_in_flight_per_group": 40, "lease": "1 hour"}');
select queue.enqueue_batch('one', 'k', array_fill('1'::jsonb, array[200]), group_key => 'a') \g /dev/null
select is((select count(*) from queue.claim_batch('one', 'w', 100)), 40::bigint, 'as many as may');
select is((select count(*) from queue.complete_batch(array_agg(h.job_id), array_agg(h.token))), 40::bigint, 'they end')
from queue_internal.held as h where h.queue = 'one';
select is((select count(*) from queue.claim_batch('one', 'w', 32)), 32::bigint, 'a claim gets as many as it asks for');
select queue.create_queue('some', '{"max_in_flight_per_group": 3, "lease": "1 hour"}');
select queue.enqueue('some', 'k', group_key => 'g' || g) from generate_series(1, 20), generate_series(1, 10) as g \g /dev/null
select is((select count(*) from queue.claim_batch('some', 'w', 200)), 30::bigint, 'three of each group');
select queue.complete(h.job_id, h.token) from queue_internal.held as h where h.queue = 'some' and h.group_key <> 'g1' \g /dev/null
select is((select string_agg(c.n::text, ' ') from (
    select (select count(*) from queue.claim_batch('some', 'w', 9 + r - r)) as n from generate_series(1, 4) as r) as c), '9 9 9 0',
    'of nine groups with room for three each');
select is((select max(g.in_flight) from queue_internal.gate as g where g.queue in ('some', 'r', 's', 'kinds') and g.group_key <> ''), 3,
    'no limit is exceeded');

select is_empty($$ select * from queue.verify() where not ok $$, 'verify() finds nothing');
select * from finish();
