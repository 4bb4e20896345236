-- retention_attempts: attempts that are kept for longer than their jobs.
\ir ../support/common.sql
select plan(5);

select queue.create_queue('q', '{"retention_finished": "1 second", "retention_attempts": "1 hour", "stripes": 1}') \g /dev/null
select queue.enqueue('q', 'k') as job \gset
select queue.complete(job, token) from pg_temp.take('q') \g /dev/null
create procedure pg_temp.upkeep(seconds int) language plpgsql as $$
begin
    for n in 1 .. 10 * seconds loop
        perform queue.maintain();
        commit;
        perform pg_sleep(0.1);
    end loop;
end
$$;
call pg_temp.upkeep(10);
select is(pg_temp.state(:job), 'unknown', 'a job is forgotten when its retention is over');
select results_eq('select job_id, outcome from queue.attempt', format($$ values (%s::bigint, 'succeeded') $$, :job), 'its attempt is not');
select queue.configure_queue('q', '{"retention_attempts": "0"}') \g /dev/null
call pg_temp.upkeep(10);
select is_empty('select * from queue.attempt', 'until that of attempts is');
select is_empty('select * from queue.verify() where not ok', 'what is stored fits together');
select is(pg_temp.refusal($$ select queue.configure_queue('q', '{"retention_attempts": "-1 s"}') $$),
    '22023 | retention_attempts -00:00:01 is out of range | use 00:00:00 to 100 years', 'a negative one is refused');
select * from finish();
