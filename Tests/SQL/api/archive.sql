-- The option archive: what has ended is copied before it is forgotten.
\ir ../support/common.sql
\ir ../../../Examples/testing/clock.sql
select plan(18);

-- The statements of so many days, each a transaction of its own as in real life.
create function pg_temp.turn(days int) returns setof text language sql as $$
    select s.statement
    from generate_series(1, days) as day
    cross join lateral (
        select $s$select queue.shift_clock('1 day')$s$ as statement
        union all
        select $s$select queue.maintain(), queue.shift_clock('2 seconds')$s$ from generate_series(1, 7)
    ) as s
$$;
create function pg_temp.archived() returns text volatile language plpgsql as $$
begin
    return (select string_agg(a.queue || ' ' || a.kind || ' ' || a.state, ', ' order by a.queue, a.kind)
        from queue.archived_job as a);
end
$$;
-- Claims the queue's job of a kind.
create function pg_temp.take_kind(queue_name text, kind text, out job bigint, out token bigint) language sql as $$
    select c.job_id, c.lease_token from queue.claim_batch(queue_name, 'w', kinds => array[kind], lease => '100 days') as c
$$;

select queue.create_queue('old', '{"archive": true, "retention_dead": "20 days", "retention_archive": "60 days"}');
select queue.create_queue('plain');
select queue.enqueue('old', k, to_jsonb(k), priority => 3, group_key => 'g', headers => '{"h": 1}')
from unnest(array['done', 'skip', 'cancel', 'dead', 'retry', 'long']) as k \g /dev/null
select queue.enqueue('plain', 'done') is null as x \gset
select queue.enqueue('old', 'waits', run_at => now() + interval '50 days') as waits \gset
select queue.complete(job, token, '"result"') is null as x from pg_temp.take_kind('old', 'done') \gset
select queue.complete(job, token) is null as x from pg_temp.take_kind('plain', 'done') \gset
select queue.skip(job, token, 'not needed') is null as x from pg_temp.take_kind('old', 'skip') \gset
select queue.cancel(job) is null as x from pg_temp.take_kind('old', 'cancel') \gset
select queue.fail(job, token, 'E', 'why', permanent => true) is null as x from pg_temp.take_kind('old', 'dead') \gset
select queue.cancel(queue.enqueue('old', 'never')) is null as x \gset
select job as retried, token from pg_temp.take_kind('old', 'retry') \gset
select queue.skip(:retried, :token, 'not yet') is null as x \gset
select queue.retry(:retried) is null as x \gset
select job as long, token as long_token from pg_temp.take_kind('old', 'long') \gset
select min(job_id) as done from queue.list_jobs('old') \gset
select claimed_at as claimed, finished_at as finished from queue.attempt where job_id = :done \gset

select is(pg_temp.archived(), null, 'nothing is archived while it is readable elsewhere');
\o /dev/null
select pg_temp.turn(16) \gexec
\o
select is(pg_temp.state(:done), 'unknown', 'when a job is forgotten');
select alike(pg_temp.archived(), 'old cancel canceled, old done succeeded, old never canceled, %old skip skipped', 'it is in the archive, if its queue has one');
select results_eq(format('select kind, attempt, priority, claimed_at, finished_at, worker, payload, headers, result, group_key '
        'from queue.archived_job where job_id = %s', :done),
    format($$ values ('done', 1, 3::smallint, %L::timestamptz, %L::timestamptz, 'w', '"done"'::jsonb, '{"h": 1}'::jsonb,
        '"result"'::jsonb, 'g') $$, :'claimed', :'finished'), 'with all that was known of it');
select is((select error_message from queue.archived_job where kind = 'skip'), 'not needed', 'and why it was skipped');
select is(pg_temp.state(:waits), 'scheduled', 'what has not ended stays where it is');
select is(pg_temp.state(:long), 'running', 'also when it is running');

select is(queue.complete(job, token, '"at last"'), 'ok', 'a job made ready again is done') from pg_temp.take_kind('old', 'retry');
select queue.complete(:long, :long_token, '"late"') as verdict \gset
select is(:'verdict'::text, 'ok', 'a job that ran longer than its slot ends');
\o /dev/null
select pg_temp.turn(16) \gexec
\o
select is((select state || ' ' || result from queue.archived_job where job_id = :long), 'succeeded "late"', 'and is archived');
select is((select state || ' ' || result from queue.archived_job where job_id = :retried), 'succeeded "at last"',
    'a job that was made ready again is archived as it ended');
select is((select state || ' ' || error_code || ' ' || error_message from queue.archived_job where kind = 'dead'), 'dead E why',
    'so is a dead one, when it is forgotten');
select is_empty($$ select * from queue.verify() where not ok $$, 'what is stored fits together');
select is((select count(*) from queue.archived_job), 7::bigint, 'each once');
\o /dev/null
select pg_temp.turn(30) \gexec
\o
select results_eq($$ select kind from queue.archived_job order by 1 $$, $$ values ('long'), ('retry') $$,
    'the archive is forgotten in its turn');
select is(pg_temp.state(:waits), 'ready', 'a job of a far day is ready on it');

-- Many, in bounded steps
select count(*) as x from queue.enqueue_batch('old', 'many', array_fill('1'::jsonb, array[12000])) \gset
do $$ begin
    for i in 1 .. 5 loop
        perform count(*) from queue.claim_batch('old', 'w', 3000) as c,
            lateral queue.complete_batch(array[c.job_id], array[c.lease_token]);
    end loop;
end $$;
\o /dev/null
select pg_temp.turn(15) \gexec
\o
select is((select count(*) from queue.archived_job where kind = 'many'), 12000::bigint, 'none of many is left out');
select queue.drop_queue('old', force => true);
select is(pg_temp.archived(), null, 'the archive of a dropped queue goes with it');

select * from finish();
