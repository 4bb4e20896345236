-- Claims that find all they want in one lane, and those that follow in the same session.
\ir ../support/common.sql
select plan(27);

create temp table got (place serial, queue text, payload int);
-- Claims again and again, each time in a transaction of its own.
create procedure pg_temp.claim_each(times int, max_jobs int, queue_name text default 'q') language plpgsql as $$
begin
    for n in 1 .. times loop
        insert into got (queue, payload) select queue_name, c.payload::int from queue.claim_batch(queue_name, 'w', max_jobs) as c;
        commit;
    end loop;
end
$$;
-- What was claimed since the last call, in order.
create function pg_temp.told() returns text language sql as $$
    with gone as (delete from got returning place, queue, payload)
    select string_agg(g.payload::text, ' ' order by g.place) from gone as g
$$;
create function pg_temp.fill(first int, last int, queue_name text default 'q') returns bigint language sql as $$
    select count(*) from queue.enqueue_batch(queue_name, 'k', array(select to_jsonb(n) from generate_series(first, last) as n))
$$;
create function pg_temp.bookmark() returns bigint[] language sql as $$
    select string_to_array(current_setting('quoll.bookmark', true), ' ')::bigint[]
$$;
select queue.create_queue(q, '{"notify": false, "stripes": 4}') from unnest(array['q', 'r', 'one']) as q \g /dev/null
select queue.create_queue(q, '{"notify": false, "stripes": 1}') from unnest(array['s', 't']) as q \g /dev/null
select pg_temp.fill(1, 1300) \g /dev/null
call pg_temp.claim_each(400, 1);
call pg_temp.claim_each(40, 7);
call pg_temp.claim_each(3, 40);
select is((select array_agg(payload order by place) from got), array(select generate_series(1, 800)),
    'one session gets the jobs in the order of their enqueue, whatever lanes they are in');
select is((select count(distinct k.lane) from queue_internal.claim as k where k.token <> 0), 4::bigint, 'they were in four');
select pg_temp.told() is null as x \g /dev/null

-- What a bookmark must not hide
call pg_temp.claim_each(1, 1);
select queue.enqueue('q', 'k', '1000', priority => 9) \g /dev/null
call pg_temp.claim_each(2, 1);
select is(pg_temp.told(), '801 1000 802', 'a job of higher priority comes first at once');
call pg_temp.claim_each(1, 1);
select is(queue.cancel(j.job_id), 'canceled', 'the next job is canceled') from queue.list_jobs('q', 'ready', max_jobs => 1) as j;
call pg_temp.claim_each(1, 1);
select is(pg_temp.told(), '803 805', 'and not handed out');
select pg_temp.fill(1, 3, 'r') \g /dev/null
call pg_temp.claim_each(1, 1);
call pg_temp.claim_each(1, 1, 'r');
call pg_temp.claim_each(1, 1);
call pg_temp.claim_each(1, 1, 'r');
select is(pg_temp.told(), '806 1 807 2', 'each queue has its own lanes');
call pg_temp.claim_each(1, 1);
select queue.pause_queue('q');
call pg_temp.claim_each(1, 1);
select queue.resume_queue('q');
call pg_temp.claim_each(1, 1);
select is(pg_temp.told(), '808 809', 'a paused queue gives nothing');
begin;
select payload::int as rolled, attempt from queue.claim_batch('q', 'w') \gset
rollback;
call pg_temp.claim_each(1, 1);
select is(pg_temp.told(), :'rolled', 'what a claim that was rolled back got comes again');

-- A job that becomes due has its place by the time at which it does
select queue.enqueue('s', 'k', '1') \g /dev/null
select job, token from pg_temp.take('s') \gset
select queue.enqueue('s', 'k', '2'), queue.enqueue('s', 'k', '3'), queue.enqueue('s', 'k', '4') \g /dev/null
select queue.fail(:job, :token, 'E', retry_in => '1 millisecond'), pg_sleep(0.01) \g /dev/null
select queue.enqueue('s', 'k', '5'), queue.enqueue('s', 'k', '6') \g /dev/null
call pg_temp.claim_each(6, 1, 's');
select is(pg_temp.told(), '2 3 4 1 5 6', 'one that is retried comes before those that were enqueued after that');
-- One that is released was ready when it was enqueued: at the latest when the bookmark ends
select queue.enqueue('s', 'k', to_jsonb(n)) from generate_series(7, 12) as n \g /dev/null
select job, token from pg_temp.take('s') \gset
call pg_temp.claim_each(1, 1, 's');
select queue.release(:job, :token), pg_sleep(1.1) \g /dev/null
call pg_temp.claim_each(2, 1, 's');
select is(pg_temp.told(), '8 7 9', 'one that was released comes before those that were enqueued after it');
select queue.enqueue('t', 'k', '1'), queue.enqueue('t', 'k', '2'), queue.enqueue('t', 'k', '3') \g /dev/null
call pg_temp.claim_each(2, 1, 't');
select current_setting('quoll.bookmark') as old \gset
select job, token from pg_temp.take('t') \gset
select queue.release(:job, :token) \g /dev/null
select queue.enqueue('t', 'k', '4') \g /dev/null
select set_config('quoll.bookmark', :'old', false) \g /dev/null
call pg_temp.claim_each(2, 1, 't');
select is(pg_temp.told(), '1 2 3 4', 'a bookmark ends with its window');
call pg_temp.claim_each(1, 1);

-- Bookmarks that are not the newest claim's
select current_setting('quoll.bookmark') as old \gset
call pg_temp.claim_each(2, 3);
select set_config('quoll.bookmark', :'old', false) \g /dev/null
call pg_temp.claim_each(2, 1);
select is(pg_temp.told(), '811 812 813 814 815 816 817 818 819', 'an old one leads to the newest claim');
select current_setting('quoll.bookmark') as old \gset
update queue_internal.rotation set slot = (slot + 1) % 3;
call pg_temp.claim_each(2, 1);
select set_config('quoll.bookmark', :'old', false) \g /dev/null
call pg_temp.claim_each(2, 1);
select is(pg_temp.told(), '820 821 822 823', 'one of another slot counts for nothing');
select is((select count(distinct k.slot) from queue_internal.claim as k where k.lane = (pg_temp.bookmark())[1]), 2::bigint, 'claims are in both slots');
select set_config('quoll.bookmark', replace(current_setting('quoll.bookmark'), hashtextextended('q', 0)::text, hashtextextended('one', 0)::text), false) \g /dev/null
select queue.enqueue('one', 'k', '1') \g /dev/null
call pg_temp.claim_each(2, 1, 'one');
select is(pg_temp.told(), '1', 'one that leads to another queue''s lane brings no job of that');

-- Jobs that want more care
select queue.enqueue('r', 'k', to_jsonb(n), unique_key => case n when 5 then 'key' end) from generate_series(4, 6) as n \g /dev/null
call pg_temp.claim_each(2, 1, 'r');
select job as keyed, token from pg_temp.take('r') \gset
call pg_temp.claim_each(1, 1, 'r');
select is(pg_temp.told(), '3 4 6', 'one with a unique key is claimed in between');
select is(queue.complete(:keyed, :token), 'ok', 'and completed');
select isnt(queue.enqueue('r', 'k', unique_key => 'key', priority => -1), :keyed::bigint, 'which gives its key back');
select queue.enqueue('r', 'k', '7') as again \gset
select payload::int as seven, lease_token as token from queue.claim_batch('r', 'w') \gset
select is(queue.release(:again, :token), 'ok', 'one that is released');
call pg_temp.claim_each(1, 1, 'r');
select is(pg_temp.told(), '7', 'comes again with its payload');

select queue.enqueue('one', 'k', to_jsonb(n), routing_key => 'blue') from generate_series(1, 4) as n \g /dev/null
insert into got (queue, payload) select 'one', c.payload::int from queue.claim_batch('one', 'w', routing_keys => array['blue']) as c;
insert into got (queue, payload) select 'one', c.payload::int from queue.claim_batch('one', 'w', routing_keys => array['blue']) as c;
call pg_temp.claim_each(1, 1, 'one');
insert into got (queue, payload) select 'one', c.payload::int from queue.claim_batch('one', 'w', routing_keys => array['red']) as c;
insert into got (queue, payload) select 'one', c.payload::int from queue.claim_batch('one', 'w', routing_keys => array['red', 'blue']) as c;
select is(pg_temp.told(), '1 2 3', 'routing keys are looked at');

-- What it returns is what the job is
select queue.enqueue('one', 'kind', '{"a": [1]}', headers => '{"h": "1"}', group_key => 'g', max_attempts => 3) as job \gset
select is(to_jsonb(c) - array['lease_token', 'leased_until'], jsonb_build_object('job_id', :job, 'attempt', 1, 'max_attempts', 3, 'kind', 'kind', 'payload', '{"a": [1]}'::jsonb,
        'headers', '{"h": "1"}'::jsonb, 'priority', 0, 'group_key', 'g', 'enqueued_at', (pg_temp.job(:job)).enqueued_at), 'every column')
from queue.claim_batch('one', 'w') as c;
select is((pg_temp.job(:job)).state, 'running', 'and it runs');

call pg_temp.claim_each(1, 1);
select is_empty($$ select * from queue.claim_batch('q', 'w', kinds => array['other']) $$, 'kinds are looked at');
call pg_temp.claim_each(1, 1);
select is(pg_temp.told(), '824 825', 'and what was put aside is found');

select queue.enqueue('t', k, to_jsonb(n)) from unnest(array['a', 'b', 'a']) with ordinality as j (k, n) \g /dev/null
select is((select string_agg(c.payload::text, ' ') from queue.claim_batch('t', 'w', 2, kinds => array['a', null]) as c), '1 3', 'a kind that is null is none');
select is((select string_agg(c.payload::text, ' ') from queue.claim_batch('t', 'w', 2) as c), '2', 'and hides none');

select * from finish();
