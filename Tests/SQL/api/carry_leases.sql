-- When a slot is emptied, the leases that may still need a look are moved, and those of what is settled go with it.
\ir ../support/common.sql
\ir ../../../Examples/testing/clock.sql
select plan(12);

select queue.create_queue('q', '{"retention_finished": "0", "stripes": 1, "lease": "1 day", "backoff_base": "0"}') \g /dev/null
create temp table jobs (what text, job_id bigint, lease_token bigint);

-- Claims so many of each, in one claim.
create procedure pg_temp.claim(what text, jobs int) language plpgsql as $$
begin
    perform queue.enqueue_batch('q', 'k', array_fill('1'::jsonb, array[jobs]));
    commit;
    insert into jobs select what, c.job_id, c.lease_token from queue.claim_batch('q', 'w', jobs) as c;
    commit;
end
$$;
call pg_temp.claim('settled', 1);
call pg_temp.claim('settled', 10);
call pg_temp.claim('half', 2);
call pg_temp.claim('extended', 2);
call pg_temp.claim('extended, settled', 1);
create temp view last as select distinct on (what) * from jobs order by what, job_id desc;
select count(*) from last as j, queue.heartbeat(array[j.job_id], array[j.lease_token], '3 days') where what ~ 'extended' \g /dev/null
select queue.complete(job_id, lease_token) from jobs where what in ('half', 'extended') and job_id not in (select job_id from last) \g /dev/null
select count(*) from jobs as j, queue.complete_batch(array[j.job_id], array[j.lease_token]) where what ~ 'settled' \g /dev/null
create temp view leases as
    select d.slot, coalesce(d.job_id, (select min(j.job_id) from jobs as j where j.lease_token = d.lease_token)) as job_id
    from queue_internal.delivery as d
    where d.lane = queue_internal.lane_id('leases', 'q', 0, 0, null)
        and not exists (select from queue_internal.void as v where v.lane = d.lane and v.id = d.id);
select is((select count(*) from leases), 7::bigint, 'a row for each claim and each heartbeat');

create procedure pg_temp.rotate() language plpgsql as $$
declare
    v_done text := '';
begin
    for n in 1 .. 300 loop
        v_done := queue.maintain() ->> 'rotation';
        commit;
        exit when v_done = 'rotated';
        if v_done = 'locked' then
            perform pg_sleep(0.1);
        end if;
        perform queue.shift_clock('1 second');
        commit;
    end loop;
end
$$;
call pg_temp.rotate();
call pg_temp.rotate();
select is((select count(*) from leases where slot = 0), 7::bigint, 'while their slot is not emptied they stay where they are');
select ok(queue_internal.keep(0) > 0, 'before it is emptied, what is open in it is copied');
select ok(bool_and(queue_internal.needs_look(lease_token, null)), 'what was settled then stands in two slots, but was settled once')
from jobs where what = 'half';
call pg_temp.rotate();
select is((select count(*) from leases where slot <> 0), (select count(*) from leases), 'the slot was emptied');
select results_eq($$ select j.what, count(*) from leases join jobs as j using (job_id) group by j.what order by j.what $$,
    $$ values ('extended', 2::bigint), ('half', 1) $$, 'what may need a look was moved, and nothing else');
select is_empty($$ select * from queue.verify() where not ok $$, 'what is stored fits together');

select max(job_id) as open from jobs where what = 'half' \gset
select job_id as extended from last where what = 'extended' \gset
select is(pg_temp.state(:open), 'running', 'the open job of the claim runs on');
select queue.shift_clock('1 day') \g /dev/null
select queue.maintain() \g /dev/null
select is(pg_temp.story(:open), '1 lost', 'until its lease ends');
select is(pg_temp.state(:extended), 'running', 'that of the other was extended');
select queue.shift_clock('2 days') \g /dev/null
select queue.maintain() \g /dev/null
select is(pg_temp.story(:extended), '1 lost', 'and ends as well');
select is((select count(*) from queue.attempt where outcome = 'lost'), 2::bigint, 'nothing else was lost');
select * from finish();
