-- after: a job runs when all of the jobs that it names have succeeded, and what becomes of it when one has not.
\ir ../support/common.sql
select plan(49);

-- Claims, and maintains, until a job is in the state or a minute is over: jobs that waited are looked at after a commit.
create procedure pg_temp.settle_down(job bigint, wanted text) language plpgsql as $$
begin
    for n in 1 .. 600 loop
        exit when pg_temp.state(job) = wanted;
        perform queue.maintain();
        commit;
        perform pg_sleep(0.1);
    end loop;
end
$$;
create function pg_temp.finish(queue_name text) returns bigint language plpgsql as $$
declare
    v record;
begin
    select * into v from pg_temp.take(queue_name);
    perform queue.complete(v.job, v.token);
    return v.job;
end
$$;
create function pg_temp.kill(queue_name text) returns bigint language plpgsql as $$
declare
    v record;
begin
    select * into v from pg_temp.take(queue_name);
    perform queue.fail(v.job, v.token, 'BAD_PAYLOAD');
    return v.job;
end
$$;

-- all parents succeed
select queue.enqueue('p', 'k', '1') as a, queue.enqueue('p', 'k', '2') as b \gset
select queue.enqueue('c', 'k', '{"n": 3}', priority => 7, headers => '{"h": "1"}', after => array[:a, :b, :b]) as job \gset
select is(pg_temp.state(:job), 'blocked', 'a job that names others is blocked');
select is_empty($$ select * from queue.claim_batch('c', 'w', 10) $$, 'and is not handed out');
select is((select detail from queue.explain(:job)), format('waits for 2 of 2 jobs: %s, %s', :a, :b), 'explain names what it waits for');
select is((select job_id from queue.list_jobs('c', 'blocked')), :job::bigint, 'list_jobs finds it by its state');
select pg_temp.finish('p') as first \gset
call pg_temp.settle_down(:a, 'succeeded');
select queue.maintain() \g /dev/null
select is(pg_temp.state(:job), 'blocked', 'one parent is not enough');
select is((select detail from queue.explain(:job)), format('waits for 1 of 2 jobs: %s', :b), 'explain counts down');
select pg_temp.finish('p') as second \gset
call pg_temp.settle_down(:job, 'ready');
select results_eq($$ select job_id, payload, headers, priority, attempt from queue.claim_batch('c', 'w', 10) $$,
    format('values (%s::bigint, %L::jsonb, %L::jsonb, 7, 1)', :job, '{"n": 3}', '{"h": "1"}'), 'after the last it is handed out as it was enqueued');
select is((select array_agg(event) from queue.timeline(:job)), array['enqueued', 'blocked', 'unblocked', 'claimed'], 'the timeline tells of it');

-- an idle worker needs no maintain()
select queue.enqueue('idle', 'k') as a \gset
select queue.enqueue('idle', 'k', '"child"', after => array[:a]) as job \gset
select is(pg_temp.finish('idle'), :a::bigint, 'the parent runs');
create procedure pg_temp.claim_until(wanted bigint) language plpgsql as $$
declare
    v_got bigint;
begin
    for n in 1 .. 600 loop
        select job_id into v_got from queue.claim_batch('idle', 'w');
        commit;
        exit when v_got = wanted;
        perform pg_sleep(0.1);
    end loop;
end
$$;
call pg_temp.claim_until(:job);
select is(pg_temp.state(:job), 'running', 'the next claims find the child');

-- parents that have ended before
select queue.enqueue('p', 'k') as a \gset
select pg_temp.finish('p') as done \gset
select queue.enqueue('c', 'k', after => array[:a]) as job \gset
select is(pg_temp.state(:job), 'ready', 'a job after one that has succeeded is ready at once');
select queue.enqueue('c', 'k', after => '{}') as job \gset
select is(pg_temp.state(:job), 'ready', 'so is one after none');
select queue.enqueue('p', 'k') as a \gset
select pg_temp.kill('p') as dead \gset
select queue.enqueue('c', 'k', after => array[:a]) as job \gset
select is(pg_temp.state(:job), 'canceled', 'one after a dead job is canceled');
select is((select reason || ': ' || detail from queue.explain(:job)), format('PARENT_FAILED: canceled because job %s is dead or canceled', :a),
    'explain says for whose sake');
select is(pg_temp.state(queue.enqueue('c', 'k', after => array[:a], on_parent_failure => 'run')), 'ready', 'with run it is ready');
select queue.enqueue('c', 'k', after => array[:a], on_parent_failure => 'wait') as waits \gset
select is(pg_temp.state(:waits), 'blocked', 'with wait it is blocked');
select is((select hint from queue.explain(:waits)),
    format('select queue.retry(%s), the job that failed; or queue.retry(%s) to wait no longer', :a, :waits), 'and explain says what helps');
select queue.retry(:a) \g /dev/null
select is((select detail from queue.explain(:waits)), format('waits for 1 of 1 jobs: %s', :a), 'a parent that is retried has not failed');
select pg_temp.finish('p') as again \gset
call pg_temp.settle_down(:waits, 'ready');
select is(pg_temp.state(:waits), 'ready', 'and lets the child go when it succeeds at last');

-- a parent fails later
create temp table child (policy text, job bigint);
select queue.enqueue('p', 'k') as a \gset
insert into child select p, queue.enqueue('f', p, after => array[:a], on_parent_failure => p) from unnest(array['cancel', 'run', 'wait']) as p;
insert into child select 'null', queue.enqueue('f', 'null', after => array[:a]);
select queue.enqueue('f', 'grandchild', unique_key => 'u', after => array[(select job from child where policy = 'cancel')]) as grandchild \gset
select queue.cancel(:a) \g /dev/null
select job as canceled from child where policy = 'null' \gset
call pg_temp.settle_down(:canceled, 'canceled');
call pg_temp.settle_down(:grandchild, 'canceled');
select results_eq('select policy, pg_temp.state(job) from child order by job',
    $$ values ('cancel', 'canceled'), ('run', 'ready'), ('wait', 'blocked'), ('null', 'canceled') $$, 'each policy when a parent is canceled');
select is(pg_temp.state(:grandchild), 'canceled', 'what waits for a canceled job is canceled, too');
select isnt(queue.enqueue('f', 'k', unique_key => 'u'), :grandchild::bigint, 'and gives its unique key back');
select queue.enqueue('p', 'k') as a \gset
select queue.enqueue('f', 'skipped', after => array[:a]) as job \gset
select job, token from pg_temp.take('p') \gset taken_
select queue.skip(:taken_job, :taken_token, 'not needed') \g /dev/null
call pg_temp.settle_down(:job, 'ready');
select is(pg_temp.state(:job), 'ready', 'a skipped parent counts as one that succeeded');
select queue.enqueue('p', 'k', max_attempts => 1) as a \gset
select queue.enqueue('f', 'lost', after => array[:a]) as job \gset
select job_id from queue.claim_batch('p', 'w', lease => '100 milliseconds') \g /dev/null
call pg_temp.settle_down(:job, 'canceled');
select is(pg_temp.state(:job), 'canceled', 'a parent whose worker was lost for good has failed');
select queue.enqueue('p', 'k', max_attempts => 2) as a \gset
select queue.enqueue('f', 'retried', after => array[:a]) as job \gset
select job, token from pg_temp.take('p') \gset taken_
select queue.fail(:taken_job, :taken_token, 'E', retry_in => '0') \g /dev/null
call pg_temp.settle_down(:a, 'ready');
select is(pg_temp.state(:job), 'blocked', 'a parent that is retried has not ended');
select pg_temp.finish('p') as again \gset
call pg_temp.settle_down(:job, 'ready');
select is(pg_temp.state(:job), 'ready', 'until it succeeds');

-- run_at, unique keys, cancel, retry, drop
select queue.enqueue('p', 'k') as a \gset
select queue.enqueue('t', 'k', run_at => now() + interval '1 hour', after => array[:a]) as job \gset
select is(pg_temp.state(:job), 'blocked', 'a job with run_at is blocked first');
select pg_temp.finish('p') as again \gset
call pg_temp.settle_down(:job, 'scheduled');
select is(pg_temp.state(:job), 'scheduled', 'and scheduled then');
select queue.enqueue('p', 'k') as a \gset
select queue.enqueue('u', 'k', '1', unique_key => 'u', after => array[:a]) as job \gset
select is(queue.enqueue('u', 'k', '2', unique_key => 'u', on_conflict => 'replace'), :job::bigint, 'a blocked job holds its key, and can be changed');
select is(pg_temp.state(:job) || (pg_temp.job(:job)).payload, 'blocked2', 'and stays blocked');
select pg_temp.finish('p') as again \gset
call pg_temp.settle_down(:job, 'ready');
select is((select string_agg(payload::text, ',') from queue.claim_batch('u', 'w', 10)), '2', 'and runs once, as it was changed');
select queue.enqueue('p', 'k') as a \gset
select queue.enqueue('x', 'k', after => array[:a]) as job \gset
select is(queue.cancel(:job), 'canceled', 'a blocked job can be canceled');
select is(queue.cancel(:job), 'canceled', 'twice');
select is((select array_agg(event) from queue.timeline(:job)), array['enqueued', 'blocked', 'canceled'], 'the timeline says so');
select is((select count(queue.enqueue('x', 'k' || n, after => array[:a])) from generate_series(1, 3) as n), 3::bigint, 'a parent may have many children');
select is(queue.cancel_jobs('x', 'blocked', 'k2'), 1::bigint, 'blocked jobs can be canceled by kind');
select is(queue.cancel_jobs('x', dry_run => true), 2::bigint, 'and are among all');
select max(job_id) as job from queue.list_jobs('x', 'blocked') \gset
select is(queue.retry(:job), 'ready', 'retry waits no longer');
select is((select array_agg(job_id) from queue.claim_batch('x', 'w', 10)), array[:job]::bigint[], 'and the job runs');
select is(left(pg_temp.refusal($$ select queue.drop_queue('x') $$), 5), '55000', 'a queue with a blocked job is not dropped');
select queue.enqueue('gone', 'k') as a \gset
select queue.enqueue('orphan', 'k', after => array[:a]) as job \gset
select queue.drop_queue('gone', force => true);
call pg_temp.settle_down(:job, 'canceled');
select is(pg_temp.state(:job), 'canceled', 'a parent that was dropped with its queue has failed');

-- batches and refusals
select queue.enqueue('p2', 'k') as a \gset
select is((select count(*) from queue.enqueue_batch('b', 'k', array['1', '2']::jsonb[], after => array[:a]::bigint[])), 2::bigint, 'a batch of children');
select is((select created from queue.enqueue_batch('b', format('[{"kind": "k", "after": [%s], "on_parent_failure": "run"}]', :a)::jsonb)), true,
    'after is a key of a batch''s elements');
select is((select count(*) from queue.list_jobs('b', 'blocked')), 3::bigint, 'all are blocked');
select is(pg_temp.refusal($$ select queue.enqueue('q', 'k', after => array[1, 4000000000]) $$),
    '42704 | job 4000000000, to run after, does not exist | it may have been pruned: see its queue''s retention_finished',
    'an unknown parent is refused: no circle can come to be');
select is(left(pg_temp.refusal($$ select queue.enqueue('q', 'k', after => array[null, 1]) $$), 5), '22023', 'so is a null');
select is(left(pg_temp.refusal($$ select queue.enqueue('q', 'k', after => array[1], on_parent_failure => 'hope') $$), 5), '22023', 'and a word that says nothing');
select is(pg_temp.refusal($$ select queue.enqueue('q', 'k', on_parent_failure => 'run') $$),
    '22023 | on_parent_failure says nothing without after | pass after, or leave it out', 'on_parent_failure wants parents');
select is_empty($$ select * from queue.verify() where not ok $$, 'what is stored fits together');

select * from finish();
