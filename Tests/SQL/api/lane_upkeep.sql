-- Thousands of lanes cost maintain() one look at each.
\ir ../support/common.sql
\ir ../support/buffers.sql
select plan(4);


-- as in maintain()
set enable_seqscan = off;
set enable_bitmapscan = off;
set jit = off;
insert into queue_internal.lane (lane, purpose, queue, priority, stripe)
select n, 'ready', 'q' || n % 100, 0, n from generate_series(1, 10000) as n;
select cmp_ok(pg_temp.buffers('select queue_internal.tidy_lanes()', 3), '<', 2000::bigint, 'ten thousand lanes are read once');
select queue_internal.tidy_lanes() \g /dev/null
insert into queue_internal.lane select l.* from queue_internal.lane as l, generate_series(1, 2) where l.lane <= 500;
update queue_internal.lane as l set dropped = true where l.lane = 1 and l.ctid = (
    select max(k.ctid) from queue_internal.lane as k where k.lane = 1);
select is(queue_internal.tidy_lanes(), 999, 'a lane that is listed three times stays once');
select is((select string_agg(l.dropped::text, ' ' order by l.dropped) from queue_internal.lane as l where l.lane = 1), 'false true',
    'and once as dropped');
select is((select count(distinct l.lane) || ' ' || count(*) from queue_internal.lane as l), '10000 10001', 'none is lost');
select * from finish();
