-- queue.replay makes a new job of an old one; queue.redrive puts dead jobs back in bulk.
\ir ../support/common.sql
select plan(46);

select queue.enqueue('q', 'k', '{"n": 1}', priority => 3, max_attempts => 4, unique_key => 'u', group_key => 'g',
    headers => '{"h": 1}') as old \gset
select job, token from pg_temp.take('q') \gset
select queue.complete(:job, :token, '"done"') \g /dev/null
select queue.replay(:old) as new \gset
select isnt(:new::bigint, :old::bigint, 'replay makes a new job');
select results_eq(format('select queue, kind, state, attempt, payload, priority, max_attempts, group_key, headers, replay_of '
        'from queue.get_job(%s)', :new),
    format($$ values ('q', 'k', 'ready', 0, '{"n": 1}'::jsonb, 3, 4, 'g', '{"h": 1}'::jsonb, %s::bigint) $$, :old),
    'with all of the old one, and replay_of');
select is((pg_temp.job(:new)).unique_key, null, 'but without its unique key');
select is((pg_temp.job(:new)).result, null, 'and without its result');
select results_eq(format('select state, result, replay_of from queue.get_job(%s)', :old),
    $$ values ('succeeded', '"done"'::jsonb, null::bigint) $$, 'the old one is not touched');
select is((select job_id from queue.claim_batch('q', 'w')), :new::bigint, 'the new one is handed out');
select queue.replay(job_id => :old, queue => 'elsewhere', run_at => now() + interval '1 hour') as new \gset
select results_eq(format('select queue, state from queue.get_job(%s)', :new), $$ values ('elsewhere', 'scheduled') $$,
    'queue and run_at may be others');
select is((pg_temp.job(queue.replay(:new))).replay_of, :new::bigint, 'a replay of a replay points to that');
select queue.enqueue('dead', 'k', max_attempts => 1) as dead \gset
select job, token from pg_temp.take('dead') \gset
select queue.fail(:job, :token, 'E') \g /dev/null
select is((pg_temp.job(queue.replay(:dead))).attempt, 0, 'a dead job may be replayed, from its first attempt');
select is(pg_temp.state(:dead), 'dead', 'and stays dead');
select is((pg_temp.job(:dead)).replayed_as, array[(select max(job_id) from queue.job where replay_of = :dead)],
    'a job names the one that repeats it');
select is((select j.replayed_as from queue.job as j where j.job_id = :old), (select array_agg(j.job_id order by j.job_id)
    from queue.job as j where j.replay_of = :old), 'or several');
select is(cardinality((select j.replayed_as from queue.list_jobs('q') as j where j.job_id = :old)), 2, 'in lists as well');
select is((pg_temp.job((select max(job_id) from queue.job where replay_of = :dead))).replayed_as, null, 'one that was not replayed names none');
select is(pg_temp.refusal('select queue.replay(9999999)'),
    '42704 | job 9999999 does not exist | it may have been pruned: see the queue''s retention_finished', 'an unknown job is refused');
select is(pg_temp.refusal(format('select queue.replay(%s, %L)', :old, ' ')),
    '22023 | queue must not be blank | name the queue', 'a blank queue is refused');
select is(pg_temp.refusal(format('select queue.replay(%s, run_at => %L)', :old, 'infinity')),
    '22023 | run_at must be finite, not infinity | leave run_at out to run the job now', 'an infinite run_at is refused');

-- redrive
create table corpse as
select n, queue.enqueue('r', 'kind' || n % 2, to_jsonb(n), max_attempts => 1) as id from generate_series(1, 6) as n;
select queue.fail(c.job_id, c.lease_token, 'CODE' || n % 3, 'm')
from queue.claim_batch('r', 'w', 10) as c join corpse on id = c.job_id \g /dev/null
create function pg_temp.dead() returns int[] volatile language plpgsql as $$
begin
    return array(select n from corpse join queue.dead_letter on job_id = id order by n);
end
$$;
select is(pg_temp.dead(), array[1, 2, 3, 4, 5, 6], 'six dead jobs');
select is(queue.redrive('r', dry_run => true), 6::bigint, 'a dry run counts them');
select is(pg_temp.dead(), array[1, 2, 3, 4, 5, 6], 'and changes nothing');
select is(queue.redrive('r', error_code => 'CODE1', dry_run => true), 2::bigint, 'by error code');
select is(queue.redrive('r', error_code => 'CODE1', kind => 'kind0'), 1::bigint, 'by error code and kind');
select is(pg_temp.dead(), array[1, 2, 3, 5, 6], 'the one that is both is back');
select is(queue.redrive('r', kind => 'kind1', max_jobs => 2), 2::bigint, 'at most max_jobs');
select is(pg_temp.dead(), array[2, 5, 6], 'the oldest first');
select is(queue.redrive('r', max_jobs => 0), 0::bigint, 'none when max_jobs is 0');
select is(queue.redrive('r', error_code => 'NONE'), 0::bigint, 'none when nothing fits');
select is(queue.redrive('r'), 3::bigint, 'all the rest');
select results_eq($$ select attempt, max_attempts, payload from queue.claim_batch('r', 'w', 10) order by job_id $$,
    $$ values (2, 2, '1'::jsonb), (2, 2, '2'), (2, 2, '3'), (2, 2, '4'), (2, 2, '5'), (2, 2, '6') $$,
    'they are handed out, each with one more attempt');
select is(queue.redrive('r'), 0::bigint, 'a second redrive finds none');

-- redrive by age
create temp table old as
select n, queue.enqueue('age', 'k', to_jsonb(n), max_attempts => 1) as id from generate_series(1, 3) as n;
select queue.fail(c.job_id, c.lease_token, 'E') from queue.claim_batch('age', 'w', 10) as c \g /dev/null
update queue_internal.dead_letter as d set dead_at = now() - n * interval '1 day' from old where id = d.job_id;
select is(queue.redrive('age', older_than => '36 hours', dry_run => true), 2::bigint, 'those that died long ago');
select is(queue.redrive('age', newer_than => '36 hours', dry_run => true), 1::bigint, 'those that died lately');
select is(queue.redrive('age', older_than => '36 hours', newer_than => '60 hours'), 1::bigint, 'and between');
select is((select payload from queue.claim_batch('age', 'w', 10)), '2', 'the right one');

-- A dead job whose unique key another live job has taken
select queue.enqueue('u', 'k', '1', max_attempts => 1, unique_key => 'u') as old \gset
select queue.enqueue('u', 'k', '2', max_attempts => 1) as other \gset
select queue.fail(c.job_id, c.lease_token, 'E') from queue.claim_batch('u', 'w', 2) as c \g /dev/null
select queue.enqueue('u', 'k', '3', unique_key => 'u') as holder \gset
select is(queue.redrive('u'), 1::bigint, 'a dead job whose key is held by another is passed over');
select is(pg_temp.state(:old) || ' ' || pg_temp.state(:other), 'dead ready', 'the others go');

select is(queue.redrive('u', max_jobs => 1, dry_run => true), 0::bigint, 'nor is it counted by a dry run');
select queue.enqueue('u', 'k', '4', max_attempts => 1) as free \gset
select queue.fail(c.job_id, c.lease_token, 'E') from queue.claim_batch('u', 'w', 10) as c where c.job_id = :free \g /dev/null
select is(queue.redrive('u', max_jobs => 1), 1::bigint, 'one whose key is taken does not count as one of max_jobs');
select is(pg_temp.state(:old) || ' ' || pg_temp.state(:free), 'dead ready', 'but the next one');

-- Two dead jobs of one key
select count(*) from (
    select queue.fail(c.job_id, c.lease_token, 'E', permanent => true)
    from generate_series(1, 2) as n
    cross join lateral (select queue.enqueue('twins', 'k', to_jsonb(n), unique_key => 't') offset 0) as e (id)
    cross join lateral queue.claim_batch('twins', 'w', case when e.id > 0 then 1 end) as c) as f \g /dev/null
select is(array[queue.redrive('twins', dry_run => true), queue.redrive('twins', max_jobs => 5), queue.redrive('twins', dry_run => true)],
    '{1, 1, 0}'::bigint[], 'of two dead jobs with one key one is brought back, as the dry run says');
select is((select payload from queue.claim_batch('twins', 'w', 10)), '1', 'the older one');

-- Only as many are looked at as are needed.
select count(*) from queue.enqueue_batch('long', 'k', array_fill(jsonb '1', array[500])) \g /dev/null
select queue.fail(c.job_id, c.lease_token, 'E', permanent => true) from queue.claim_batch('long', 'w', 500) as c \g /dev/null
set track_functions = 'all';
begin;
select queue.redrive('long', max_jobs => 1) \g /dev/null
select cmp_ok((select f.calls from pg_stat_xact_user_functions as f where f.funcname = 'latest'), '<', 50::bigint,
    'a redrive of one job does not look at all that are dead');
rollback;
reset track_functions;

select is(pg_temp.refusal('select queue.redrive(null)'), '22023 | queue must not be blank | name the queue',
    'a null queue is refused');
select is(pg_temp.refusal($$ select queue.redrive('nowhere') $$), '42704 | queue ''nowhere'' does not exist | '
    || 'create it by queue.create_queue or by enqueuing into it', 'an unknown queue is refused');
select is(pg_temp.refusal($$ select queue.redrive('u', max_jobs => -1) $$), '22023 | max_jobs -1 is out of range | use 0 or more, or null for all',
    'a negative max_jobs is refused');
select is(queue.redrive('q'), 0::bigint, 'other queues are not touched');

select * from finish();
