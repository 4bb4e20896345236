-- queue.stats: where the jobs of each queue are; and queue.metrics_prometheus, the same as text.
\ir ../support/common.sql
\ir ../support/buffers.sql
select plan(39);

create function pg_temp.counts(name text) returns text volatile language plpgsql as $$
begin
    return (select concat_ws(' ', s.ready, s.scheduled, s.retrying, s.running, s.dead, s.estimated)
        from queue.stats(name) as s);
end
$$;

select is_empty($$ select * from queue.stats() $$, 'no queue at first');
select queue.create_queue('q', '{"backoff_base": "1 hour", "backoff_cap": "1 hour"}');
select is(pg_temp.counts('q'), '0 0 0 0 0 f', 'a queue without jobs');
select ok((select oldest_ready_age is null and mean_run_time is null from queue.stats('q')), 'it has no age and no run time');

select queue.enqueue('q', 'k', priority => n) from generate_series(1, 6) as n \g /dev/null
select queue.enqueue('q', 'k', run_at => now() + interval '1 hour') as later \gset
select is(pg_temp.counts('q'), '6 1 0 0 0 f', 'ready in any priority, and scheduled');
select ok((select oldest_ready_age between '0' and interval '1 minute' from queue.stats('q')), 'the age of the oldest');
select job, token from pg_temp.take('q') \gset
select is(pg_temp.counts('q'), '5 1 0 1 0 f', 'running');
select queue.complete(:job, :token) \g /dev/null
select is(pg_temp.counts('q'), '5 1 0 0 0 f', 'a job that has succeeded is nowhere');
select job, token from pg_temp.take('q') \gset
select queue.fail(:job, :token, 'E') \g /dev/null
select is(pg_temp.counts('q'), '4 1 1 0 0 f', 'retrying');
select job, token from pg_temp.take('q') \gset
select queue.fail(:job, :token, 'E', permanent => true) \g /dev/null
select is(pg_temp.counts('q'), '3 1 1 0 1 f', 'dead');
select job, token from pg_temp.take('q') \gset
select queue.release(:job, :token) \g /dev/null
select is(pg_temp.counts('q'), '3 1 1 0 1 f', 'a released job is ready');
select queue.cancel(:later) \g /dev/null
select queue.cancel(:job) \g /dev/null
select is(pg_temp.counts('q'), '2 0 1 0 1 f', 'canceled jobs, ready or scheduled, are not counted');
select job, token from pg_temp.take('q') \gset
select queue.cancel(:job) \g /dev/null
select is(pg_temp.counts('q'), '1 0 1 0 1 f', 'nor is one that was running');
select is_empty($$ select * from queue.claim_batch('q', 'w', kinds => '{other}') $$, 'a worker of another kind');
select is(pg_temp.counts('q'), '1 0 1 0 1 f', 'passes over a job, which is ready still');
select results_eq($$ select succeeded_per_minute, failed_per_minute from queue.stats('q') $$,
    $$ values (1::bigint, 2::bigint) $$, 'what ended in the last minute');
select ok((select mean_run_time between '0' and interval '1 minute' from queue.stats('q')), 'and how long it ran');

-- Leases, own transactions, long transactions' ids
select queue.create_queue('lease', '{"backoff_base": "1 hour", "backoff_cap": "1 hour"}');
select queue.enqueue('lease', 'k') from generate_series(1, 3) \g /dev/null
select count(*) as x from queue.claim_batch('lease', 'w', 3, lease => '100 milliseconds') \gset
select pg_sleep(0.2) \g /dev/null
select is(pg_temp.counts('lease'), '0 0 0 3 0 f', 'an expired lease that nobody has reaped is running');
select queue.maintain() \g /dev/null
select is(pg_temp.counts('lease'), '0 0 3 0 0 f', 'and retrying when somebody has');
begin;
select queue.enqueue('own', 'k') from generate_series(1, 5) \g /dev/null
select count(*) as x from queue.claim_batch('own', 'w', 2) \gset
select is(pg_temp.counts('own'), '3 0 0 2 0 f', 'a transaction''s own jobs');
commit;
select is(pg_temp.counts('own'), '3 0 0 2 0 f', 'are counted once when it has committed');

-- Canceled jobs before the oldest
select queue.create_queue('first', '{"stripes": 1}');
select queue.enqueue('first', 'k') as gone \gset
select pg_sleep(0.5) \g /dev/null
select queue.enqueue('first', 'k') as kept \gset
select queue.cancel(:gone) \g /dev/null
select cmp_ok((select clock_timestamp() - s.oldest_ready_age from queue.stats('first') as s), '>=', (pg_temp.job(:kept)).enqueued_at,
    'a canceled job has no age');
select queue.cancel(:kept) \g /dev/null
select ok((select ready = 0 and oldest_ready_age is null from queue.stats('first')), 'nor have all of them');
select count(queue.enqueue('first', 'k')) from generate_series(1, 510) \g /dev/null
select queue.cancel_jobs('first', 'ready', max_jobs => 509) \g /dev/null
select ok((select ready between 1 and 510 and oldest_ready_age > '0' from queue.stats('first')), 'however many come before one that is left');

-- Many leases
select queue.create_queue('leases', '{"lease": "1 hour"}');
select count(*) as x from queue.enqueue_batch('leases', 'k', array_fill('1'::jsonb, array[400])) \gset
create temp table held as select c.job_id, c.lease_token from generate_series(1, 400) as n, lateral queue.claim_batch('leases', 'w', sign(n)::int) as c;
select is(pg_temp.counts('leases'), '0 0 0 400 0 t', 'of many leases some are looked at');
select queue.heartbeat(array_agg(h.job_id), array_agg(h.lease_token), '2 hours') from held as h \g /dev/null
select ok((select running between 350 and 400 from queue.stats('leases')), 'of one that was extended once');
select queue.complete(h.job_id, h.lease_token) from held as h order by h.lease_token limit 300 \g /dev/null
select ok((select running between 60 and 150 from queue.stats('leases')), 'what has ended is not running');

-- Deep queues
select queue.create_queue('deep', '{"stripes": 2}');
select count(*) as x from queue.enqueue_batch('deep', 'k', array_fill('{}'::jsonb, array[20000])) \gset
select queue.enqueue_batch('late', 'k', array_fill('{}'::jsonb, array[6000]), run_at => now() + interval '1 day') \g /dev/null
select ok((select estimated and ready between 16000 and 24000 from queue.stats('deep')), 'a deep queue is estimated');
select ok((select estimated and scheduled between 5000 and 9000 and retrying = 0 from queue.stats('late')),
    'so are many scheduled jobs');
select is(pg_temp.counts('q'), '1 0 1 0 1 f', 'and the others are counted');
delete from queue_internal.tally;
select queue.maintain() \g /dev/null
select is(pg_temp.counts('late'), '0 6000 0 0 0 t', 'maintain() has the time to count all of them');
select cmp_ok((select sum(pg_temp.buffers(format('select queue.stats(%L)', q))) from unnest('{late,deep,leases}'::text[]) as q), '<', 8000::numeric,
    'none of them costs more than some thousand buffers');
do $$ begin for i in 1 .. 5 loop perform count(*) from queue.claim_batch('deep', 'w', 3000); end loop; end $$;
select ok((select ready between 4000 and 6500 and running = 15000 from queue.stats('deep')), 'what was handed out is not ready');
do $$ begin for i in 1 .. 2 loop perform count(*) from queue.claim_batch('deep', 'w', 2300); end loop; end $$;
select is(pg_temp.counts('deep'), '400 0 0 19600 0 f', 'and what is left is counted again');

select results_eq($$ select queue_name from queue.stats() $$, $$ select queue from queue.list_queues() $$,
    'all queues by name');
select is(pg_temp.refusal($$ select queue.stats('nowhere') $$), '42704 | queue ''nowhere'' does not exist | '
    || 'create it by queue.create_queue or by enqueuing into it', 'an unknown queue is refused');

-- Prometheus
select queue.create_queue(E'odd "\\\n', '{"paused": true}');
select queue.metrics_prometheus() as text \gset
create temp table line as select l from regexp_split_to_table(:'text', E'\n') as l;
select is_empty($$ select l from line where l <> '' and l !~ '^# (HELP|TYPE) quoll_[a-z_]+ .+$'
    and l !~ '^quoll_[a-z_]+\{[a-z]+="([^"\\]|\\["\\n])*"(,[a-z]+="[a-z]+")?\} -?[0-9.]+$' $$,
    'every line is a comment or a sample, with its labels escaped');
select is_empty($$ select substring(l from '^quoll_[a-z_]+') as n from line where l like 'quoll%'
    except select substring(l from '^# TYPE (quoll_[a-z_]+) gauge$') from line $$, 'every family has a type');
select is_empty($$ select substring(l from '^# TYPE (quoll_[a-z_]+) ') from line where l like '# TYPE%'
    except select substring(l from '^# HELP (quoll_[a-z_]+) ') from line $$, 'and a help text');
select set_has($$ select l from line $$, $$ values ('quoll_jobs{queue="deep",state="ready"} 400'),
    ('quoll_jobs{queue="q",state="dead"} 1'), ('quoll_attempts_ended_per_minute{queue="q",outcome="failed"} 2'),
    ('quoll_queue_paused{queue="odd \"\\\n"} 1'), ('quoll_queue_paused{queue="q"} 0'),
    ('quoll_oldest_ready_age_seconds{queue="lease"} 0'), ('quoll_health{check="transaction ids"} 1') $$,
    'the numbers are those of stats and health');

select * from finish();
