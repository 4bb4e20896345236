-- Gates are recounted in shares, and only those that are wrong are written: claims wait for no more than that.
\ir ../support/common.sql
select plan(13);

-- How many gates a call of maintain() writes.
create function pg_temp.written() returns bigint volatile language plpgsql as $$
declare
    v_before bigint := pg_stat_get_xact_tuples_inserted('queue_internal.gate'::regclass);
begin
    perform queue.maintain();
    return pg_stat_get_xact_tuples_inserted('queue_internal.gate'::regclass) - v_before;
end
$$;
create function pg_temp.is_due(queue_name text) returns void volatile language sql as $$
    update queue_internal.gate as g set recounted_at = '-infinity' where g.queue = queue_name and g.group_key = ''
$$;
create function pg_temp.gates(queue_name text) returns text volatile language sql as $$
    select string_agg(format('%s: %s %s', g.group_key, g.in_flight, g.throttled), ', ' order by g.group_key)
    from queue_internal.gate as g where g.queue = queue_name
$$;

-- 50,000 keys, of each of which a job waits.
select queue.create_queue('many', '{"ordered": true}');
insert into queue_internal.gate (queue, group_key, number, in_flight, throttled, refilled_at, opens_at)
select 'many', 'g' || n, 1, 0, 1, now(), now() from generate_series(1, 50000) as n;
insert into queue_internal.throttled (queue, group_key, rank, job_id, id, slot, kind, attempt, keyed)
select 'many', 'g' || n, 0, n, n, 0, 'k', 1, false from generate_series(1, 50000) as n;
update queue_internal.gate set throttled = 50000 where queue = 'many' and group_key = '';
select pg_temp.is_due('many') \g /dev/null
select is(pg_temp.written(), 1::bigint, 'when all is right nothing is written but how far the recount has come');
select max(pg_temp.written()) as most from generate_series(1, 120) \gset
select is(:most, 1, 'so to the end');
select ok(recounted_at > '-infinity' and recount_group is null and recount_token is null, 'which it comes to')
from queue_internal.gate where queue = 'many' and group_key = '';
select is(pg_temp.written(), 0::bigint, 'it is not done again at once');

update queue_internal.gate set in_flight = 3 where queue = 'many' and group_key in ('g1', 'g30000', 'g49', 'g50000');
update queue_internal.gate set throttled = 5 where queue = 'many' and group_key > 'g4' and group_key < 'g5';
update queue_internal.gate set opens_at = null where queue = 'many' and group_key = 'g77';
update queue_internal.gate set opens_at = now() + interval '1 day' where queue = 'many' and group_key = 'g78';
update queue_internal.gate set in_flight = 9, throttled = 9 where queue = 'many' and group_key = '';
select pg_temp.is_due('many') \g /dev/null
select max(pg_temp.written()) as most from generate_series(1, 150) \gset
select ok(:most between 100 and 501, 'what is wrong is written, a share at a call');
select is((select count(*) from queue_internal.gate as g where g.queue = 'many' and g.group_key <> ''
    and g.in_flight = 0 and g.throttled = 1 and g.opens_at <= clock_timestamp()), 50000::bigint, 'then all are right');
select is((select g.in_flight || ' ' || g.throttled from queue_internal.gate_of('many', '') as g), '0 50000', 'and the queue''s own');
delete from queue_internal.throttled where queue = 'many';
delete from queue_internal.gate where queue = 'many' and group_key <> '';

-- What is in flight, settled, kept.
select queue.create_queue('q', '{"max_in_flight_per_group": 2, "stripes": 1}');
select queue.enqueue('q', 'k', group_key => key) from unnest(array['a', 'b', 'c']) as key, generate_series(1, 3) \g /dev/null
select count(*) from queue.claim_batch('q', 'w', 20) \g /dev/null
select is(pg_temp.gates('q'), ': 6 3, a: 2 1, b: 2 1, c: 2 1', 'two of each are in flight');
select count(*) from (select queue.complete(h.job_id, h.token) from queue_internal.held as h where h.group_key = 'b') as c \g /dev/null
delete from queue_internal.delivery as d
where d.lane = queue_internal.lane_id('freed', 'q', 0, 0, null);
insert into queue_internal.held (token, job_id, queue, group_key) values (1, 1, 'q', 'c'), (0, 2, 'q', 'c');
update queue_internal.gate as g set in_flight = g.in_flight + 1 + (g.group_key = 'c')::int where g.queue = 'q' and g.group_key in ('', 'c');
select pg_temp.is_due('q') \g /dev/null
select queue.maintain() is null from generate_series(1, 3) \g /dev/null
select is(pg_temp.gates('q'), ': 4 3, a: 2 1, b: 0 1, c: 2 1', 'settles that left no note are found, and claims that nobody knows');
select is((select count(*) from queue.claim_batch('q', 'w', 20)), 1::bigint, 'and make room');
select queue.configure_queue('q', '{"max_in_flight_per_group": 3}');
select is((select count(*) from queue.claim_batch('q', 'w', 20)), 2::bigint, 'a limit that is raised holds at once');

-- More claims than are looked at in a share.
select queue.create_queue('flight', '{"max_in_flight": 2000}');
select queue.enqueue_batch('flight', 'k', array_fill('1'::jsonb, array[1200])) \g /dev/null
select count(c.n) from generate_series(1, 1200) as g, lateral (select count(*) + g as n from queue.claim_batch('flight', 'w')) as c \g /dev/null
select queue.complete(h.job_id, h.token) from queue_internal.held as h where h.queue = 'flight' \g /dev/null
delete from queue_internal.delivery as d
where d.lane = queue_internal.lane_id('freed', 'flight', 0, 0, null);
select pg_temp.is_due('flight') \g /dev/null
select queue.maintain() is null from generate_series(1, 5) \g /dev/null
select is(pg_temp.gates('flight'), ': 0 0', 'all of them are found');
select is_empty($$ select * from queue.verify() where not ok $$, 'verify() finds nothing');
select * from finish();
