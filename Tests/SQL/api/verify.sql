-- queue.verify: finds nothing in what the functions wrote, and each damage that is done behind their back.
\ir ../support/common.sql
select plan(14);

create function pg_temp.found() returns text[] volatile language plpgsql as $$
begin
    return array(select check_name from queue.verify() where not ok order by 1);
end
$$;
-- What verify finds after a statement, which is undone.
create function pg_temp.after(damage text) returns text volatile language plpgsql as $$
declare
    v_found text;
begin
    begin
        execute damage;
        v_found := array_to_string(pg_temp.found(), ', ');
        raise exception using errcode = 'ZZZZZ';
    exception when sqlstate 'ZZZZZ' then
        return v_found;
    end;
end
$$;

select is(pg_temp.found(), '{}', 'nothing in an empty database');

-- A bit of everything
select queue.enqueue('q', 'k', priority => n % 2, unique_key => 'key ' || n) from generate_series(1, 20) as n \g /dev/null
select queue.enqueue('q', 'k', run_at => now() + interval '1 hour') \g /dev/null
select count(*) as x from queue.claim_batch('q', 'w', 3) \gset
select queue.complete(job_id, lease_token) from queue.claim_batch('q', 'w', 3) \g /dev/null
select queue.fail(job_id, lease_token, 'E') from queue.claim_batch('q', 'w', 2) \g /dev/null
select queue.fail(job_id, lease_token, 'E', permanent => true) as x from queue.claim_batch('q', 'w') \gset
select queue.release(job_id, lease_token) from queue.claim_batch('q', 'w', 2) \g /dev/null
select job as lost, token from pg_temp.take('q') \gset
select queue.heartbeat(array[:lost], array[:token]) \g /dev/null
select queue.cancel(min(job_id)) as x from queue.list_jobs('q', 'ready') \gset
select queue.maintain() \g /dev/null
select is(pg_temp.found(), '{}', 'nothing after a bit of everything');

select is(pg_temp.after('update queue_internal.rotation set system_identifier = 1'), 'transaction ids', 'a copied cluster');
select is(pg_temp.after($$ update queue_internal.claim set upto = '9999999:9999999:' $$), 'cursors',
    'a cursor that is ahead of its time');
select is(pg_temp.after($$ insert into queue_internal.claim
    select (jsonb_populate_record(c, '{"slot": 2, "token": 0, "ids": null}')).* from queue_internal.claim as c
    where number = 1 and ids is not null limit 1 $$), 'cursors', 'two claims of one number');
select is(pg_temp.after($$ delete from queue_internal.lane where purpose = 'waiting' $$), 'lanes',
    'a lane that nobody looks into');
select is(pg_temp.after($$ insert into queue_internal.claim
    select (jsonb_populate_record(c, jsonb_build_object('token', 77, 'number', 1000, 'exhausted', true))).*
    from queue_internal.claim as c where c.token <> 0 and exists (
        select from queue_internal.attempt as a where a.lease_token = c.token and outcome = 'succeeded') limit 1 $$),
    'claims, leases', 'a job that was handed out twice, the second time without a lease');
select is(pg_temp.after(format('delete from queue_internal.delivery where job_id = %s and lease_token is null', :lost)),
    'claims, unique keys', 'a running job without its delivery');
select is(pg_temp.after($$ delete from queue_internal.delivery where lease_token is not null $$), 'leases',
    'running jobs whose leases nobody will look at');
select is(pg_temp.after($$ update queue_internal.delivery set payload = null $$), 'bodies', 'jobs without a body');
select is(pg_temp.after($$ insert into queue_internal.unique_key values ('q', 'x', 999) $$), 'unique keys',
    'a unique key of nobody');
select is(pg_temp.after($$ insert into queue_internal.attempt (lease_token, job_id, finished_at, slot, attempt, outcome)
    values (99, 1, now(), 0, 1, 'succeeded') $$), 'ended jobs', 'an attempt that nobody claimed');
select is(pg_temp.after($$ insert into queue_internal.void values (1, 1) $$), 'ended jobs', 'a void for nothing');
select is(pg_temp.after('delete from queue_internal.rotation'), 'slots', 'no ring');

select * from finish();
