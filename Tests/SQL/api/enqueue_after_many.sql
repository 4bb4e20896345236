-- after, with ten thousand jobs to wait for: the child runs once when all have ended well, and one that has not decides.
\ir ../support/common.sql
select plan(13);

create temp table parent (job bigint);
create temp table held (job bigint, token bigint, number int);
create procedure pg_temp.parents() language plpgsql as $$
begin
    truncate parent;
    insert into parent select e from queue.enqueue_batch('p', 'k', array_fill('1'::jsonb, array[10000])) as e;
    commit;
end
$$;
create procedure pg_temp.run() language plpgsql as $$
begin
    truncate held;
    insert into held select c.job_id, c.lease_token, row_number() over () from generate_series(1, 10) as n,
        lateral (select * from queue.claim_batch('p', 'w' || n, 1000, '1 hour')) as c;
    commit;
end
$$;
create function pg_temp.child(policy text default null) returns bigint language sql as $$
    select queue.enqueue('c', 'k', after => array(select job from parent), on_parent_failure => policy)
$$;
-- Completes the parents of these numbers, 1,000 with each call.
create procedure pg_temp.complete(low int, high int) language plpgsql as $$
begin
    for n in (low - 1) / 1000 .. (high - 1) / 1000 loop
        perform count(*) filter (where s.verdict = 'ok')
        from (
            select array_agg(h.job) as jobs, array_agg(h.token) as tokens from held as h
            where h.number between greatest(low, n * 1000 + 1) and least(high, n * 1000 + 1000)
        ) as b, queue.complete_batch(b.jobs, b.tokens) as s;
        commit;
    end loop;
end
$$;
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

-- All succeed
call pg_temp.parents();
select pg_temp.child() as job \gset
call pg_temp.run();
select is((select count(*) from held), 10000::bigint, 'ten thousand jobs run');
select is((select b.parents from queue_internal.blocked as b where b.job_id = :job), 10000, 'one waits for all of them');
call pg_temp.complete(1, 9999);
select queue.maintain(), queue.maintain() \g /dev/null
select is(pg_temp.state(:job), 'blocked', 'for the last one as well');
select is((select count(*) from queue_internal.dependency), 1::bigint, 'of the others nothing is left to be looked at');
call pg_temp.complete(10000, 10000);
call pg_temp.settle_down(:job, 'ready');
select results_eq($$ select job_id from queue.claim_batch('c', 'w', 10) $$, array[:job]::bigint[], 'then it is handed out');
select queue.maintain(), queue.maintain() \g /dev/null
select is_empty($$ select job_id from queue.claim_batch('c', 'w', 10) $$, 'once');
select is((select count(*) from queue_internal.delivery where job_id = :job and lease_token is null), 2::bigint,
    'it was put where claims look once');

-- One is dead
call pg_temp.parents();
select pg_temp.child('cancel') as cancel, pg_temp.child('run') as run, pg_temp.child('wait') as wait \gset
call pg_temp.run();
call pg_temp.complete(1, 5000);
select queue.fail(job, token, 'BAD_PAYLOAD') from held where number = 5001 \g /dev/null
call pg_temp.settle_down(:cancel, 'canceled');
select is(array[pg_temp.state(:cancel), pg_temp.state(:run), pg_temp.state(:wait)], array['canceled', 'blocked', 'blocked'],
    'a dead one cancels the child at once, others wait for the rest');
call pg_temp.complete(5002, 10000);
call pg_temp.settle_down(:run, 'ready');
select is(array[pg_temp.state(:cancel), pg_temp.state(:run), pg_temp.state(:wait)], array['canceled', 'ready', 'blocked'],
    'with run it is ready then');
select is((select detail from queue.explain(:wait)), (select format('waits for 1 of 10000 jobs: %s; job %s is dead or canceled', job, job) from held where number = 5001),
    'with wait it waits for that one');
select queue.retry((select job from held where number = 5001)) \g /dev/null
select queue.complete(c.job_id, c.lease_token) from queue.claim_batch('p', 'w') as c \g /dev/null
call pg_temp.settle_down(:wait, 'ready');
select results_eq($$ select job_id from queue.claim_batch('c', 'w', 10) order by 1 $$, array[:run, :wait]::bigint[],
    'both are handed out');
select is_empty($$ select job_id from queue.claim_batch('c', 'w', 10) $$, 'once');
select is_empty($$ select * from queue.verify() where not ok $$, 'what is stored fits together');

select * from finish();
