-- fail_batch leads to what fail leads to, for every kind of failure, with each history, before and after the body's slot changed.
\ir ../support/common.sql
select plan(7);

create function pg_temp.make(queue text, options jsonb) returns void language plpgsql as $$
begin
    perform queue.create_queue(queue, '{"backoff_base": "1 hour", "backoff_jitter": 0, "permanent_codes": ["FATAL"]}' || options);
    perform queue.enqueue(queue, 'k', jsonb_build_object('n', n), priority => 10 - n, unique_key => 'u' || n, group_key => 'g',
        max_attempts => case n when 4 then 1 else 3 end)
    from generate_series(1, 8) as n;
    perform queue.enqueue(queue, 'child', after => array[(
        select job_id from queue.job as j where j.queue = make.queue and payload ->> 'n' = '4')]);
end
$$;
create function pg_temp.take_all(queue text) returns table (n int, job_id bigint, lease_token bigint) language sql as $$
    select (payload ->> 'n')::int, job_id, lease_token from queue.claim_batch(queue, 'w', 20, lease => '1 day') $$;
create temp table how (n int, error_code text, retry_in interval, permanent boolean);
insert into how values (1, 'E', null, null), (2, 'E', '0', null), (3, 'FATAL', null, null), (4, 'E', null, null), (5, 'E', null, true),
    (6, null, '2 hours', null), (7, 'E', '3 days', null);
create function pg_temp.fail_each(queue text) returns void language sql as $$
    select queue.fail(t.job_id, t.lease_token, h.error_code, 'm' || h.n, h.retry_in, h.permanent)
    from pg_temp.take_all(queue) as t join how as h using (n) order by t.n $$;
create function pg_temp.fail_all(queue text) returns void language sql as $$
    select count(f.verdict)
    from (select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('job_id', t.job_id, 'lease_token', t.lease_token,
            'error_code', h.error_code, 'error_message', 'm' || h.n, 'retry_in', h.retry_in, 'permanent', h.permanent))) as list
        from pg_temp.take_all(queue) as t join how as h using (n)) as g
    cross join lateral queue.fail_batch(g.list) as f $$;
create function pg_temp.look(queue text) returns table (line text) language sql as $$
    select concat_ws(' ', coalesce(j.payload ->> 'n', j.kind), j.state, j.attempt, j.priority, j.unique_key, j.group_key, d.reason_code,
        d.error_code, d.error_message, d.attempts, pg_temp.story(j.job_id),
        case when j.state = 'retrying' then round(extract(epoch from j.run_at - now()) / 60) end,
        (select u.live from queue_internal.unique_key as u where u.queue = j.queue and u.key = j.unique_key))
    from queue.job as j left join queue.dead_letter as d using (job_id) where j.queue = look.queue order by 1 $$;

select pg_temp.make('each', '{}'), pg_temp.make('all', '{}') \g /dev/null
select pg_temp.fail_each('each'), pg_temp.fail_all('all') \g /dev/null
select queue.maintain() \g /dev/null
select is((select count(distinct line) from pg_temp.look('each')), 9::bigint, 'there are nine jobs');
select is((select string_agg(distinct split_part(line, ' ', 2), ' ' order by split_part(line, ' ', 2)) from pg_temp.look('each')),
    'canceled dead ready retrying running', 'in these states');
select queue.maintain() \g /dev/null
select results_eq($$ select * from pg_temp.look('all') $$, $$ select * from pg_temp.look('each') $$, 'a batch leads to the same');
select pg_temp.make('each r', '{"history": "receipts"}'), pg_temp.make('all r', '{"history": "receipts"}') \g /dev/null
select pg_temp.fail_each('each r'), pg_temp.fail_all('all r') \g /dev/null
select queue.maintain() \g /dev/null
select results_eq($$ select * from pg_temp.look('all r') $$, $$ select * from pg_temp.look('each') $$, 'and with receipts');
select pg_temp.make('limited', '{"max_in_flight": 8}') \g /dev/null
select pg_temp.fail_all('limited') \g /dev/null
select queue.enqueue('limited', 'more') from generate_series(1, 9) \g /dev/null
select is((select count(*) from queue.claim_batch('limited', 'w', 20)), 7::bigint, 'a limit has room again for those that failed');

-- The body is in an older slot
select pg_temp.make('old', '{}') \g /dev/null
update queue_internal.rotation set slot = (slot + 1) % 3 where singleton;
select pg_temp.fail_all('old') \g /dev/null
select queue.maintain() \g /dev/null
select results_eq($$ select * from pg_temp.look('old') $$, $$ select * from pg_temp.look('each') $$, 'after a rotation');
select is_empty('select * from queue.verify() where not ok', 'and each delivery has its body in its slot');
select * from finish();
