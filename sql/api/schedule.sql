create or replace view queue.schedule as
select s.name, s.cron, s.timezone, s.queue, s.kind, s.payload, s.catch_up, s.paused, s.next_at, s.last_at,
    s.last_job_id
from queue_internal.schedule as s;
comment on view queue.schedule is 'What is enqueued by time: the next fire (unless paused), the last one and its job';

create or replace function queue_internal.replan(
    was queue_internal.schedule,
    cron text,
    timezone text,
    out anchored_at timestamptz,
    out next_at timestamptz
)
language plpgsql volatile
as $$
-- Where the intervals of a schedule that is given again are counted from, and its next fire: as they were, if it fires
-- at the same times, so that giving it at every start loses nothing that is due. Called under the row's lock: only then
-- is it known what has been fired. A fire further ahead than there should be one is of a clock that was wrong.
declare
    v_now timestamptz := queue.now();
    v_read queue_internal.cron := queue_internal.read_cron(cron);
    v_same boolean := was.cron = cron and was.timezone = timezone;
begin
    anchored_at := case when v_same then least(was.anchored_at, v_now) else v_now end;
    next_at := queue_internal.cron_next(v_read, timezone, anchored_at,
        case when v_same then greatest(v_now, was.last_at) else v_now end);
    if v_same and not was.paused then
        next_at := least(was.next_at, next_at);
    end if;
end
$$;

create or replace function queue.schedule(
    name text,
    cron text,
    queue text,
    kind text,
    payload jsonb default '{}',
    timezone text default 'UTC',
    catch_up text default 'latest'
)
returns timestamptz
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
-- Promise: from the next fire on, maintain() enqueues exactly one job for each fire, whoever calls it and however many
--     do; catch_up says what becomes of fires that nobody was there for. A schedule of the name gets what is given;
--     while cron and timezone are the same its fires stay as they are, also due ones. A paused one stays paused.
-- Locks: the schedule's row; waits for a maintain() that fires it. Errors: 22023. Idempotent. Returns the next fire; of a
--     paused one, where it would go on.
declare
    v_now timestamptz := queue.now();
    v_next timestamptz;
begin
    perform queue_internal.check_name('name', name);
    perform queue_internal.check_job(queue, kind, null, null, null, null, null, null);
    if catch_up is null or catch_up not in ('none', 'latest', 'all') then
        raise exception 'unknown catch_up %', queue_internal.shown(catch_up)
            using errcode = '22023', hint = 'use none, latest or all';
    end if;
    if not exists (select from pg_timezone_names as z where z.name = schedule.timezone) then
        raise exception 'unknown time zone %', queue_internal.shown(timezone)
            using errcode = '22023', hint = 'use a name of pg_timezone_names, such as Europe/Berlin';
    end if;
    v_next := queue_internal.cron_next(queue_internal.read_cron(cron), timezone, v_now, v_now);
    if v_next is null then
        perform queue_internal.refuse_cron(cron, 'it never fires');
    end if;
    insert into queue_internal.schedule as s
        (name, cron, timezone, queue, kind, payload, catch_up, anchored_at, next_at)
    values (schedule.name, schedule.cron, schedule.timezone, schedule.queue, schedule.kind,
        coalesce(schedule.payload, '{}'), schedule.catch_up, v_now, v_next)
    on conflict on constraint schedule_pkey do update
    set cron = excluded.cron, timezone = excluded.timezone, queue = excluded.queue, kind = excluded.kind,
        payload = excluded.payload, catch_up = excluded.catch_up,
        (anchored_at, next_at) = (
            select p.anchored_at, p.next_at from queue_internal.replan(s, excluded.cron, excluded.timezone) as p)
    returning s.next_at into v_next;
    return v_next;
end
$$;
comment on function queue.schedule(text, text, text, text, jsonb, text, text) is
    'Enqueues a job at each fire of a cron expression, or after each interval; returns the next fire. catch_up: none, '
    'latest or all of the fires that were missed. Changes the schedule of that name, if there is one; its fires stay '
    'as they are while cron and timezone do, and a paused one stays paused.';

create or replace function queue_internal.pause_schedule_as(name text, paused boolean)
returns void
language plpgsql volatile
as $$
-- A resumed schedule goes on with the next fire: what was missed while it was paused is not caught up with.
begin
    update queue_internal.schedule as s
    set paused = pause_schedule_as.paused,
        next_at = case when pause_schedule_as.paused then s.next_at
            else queue_internal.cron_next(queue_internal.read_cron(s.cron), s.timezone, s.anchored_at,
                queue.now()) end
    where s.name = pause_schedule_as.name and s.paused <> pause_schedule_as.paused;
    if not found then
        perform queue_internal.require_schedule(name);
    end if;
end
$$;

create or replace function queue_internal.require_schedule(name text)
returns void
language plpgsql stable
as $$
begin
    if not exists (select from queue_internal.schedule as s where s.name = require_schedule.name) then
        raise exception 'schedule % does not exist', queue_internal.shown(name)
            using errcode = '42704', hint = 'see the view queue.schedule';
    end if;
end
$$;

create or replace function queue.unschedule(name text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
-- Jobs that were enqueued stay. Errors: 42704.
begin
    delete from queue_internal.schedule as s where s.name = unschedule.name;
    if not found then
        perform queue_internal.require_schedule(name);
    end if;
end
$$;
comment on function queue.unschedule(text) is 'Removes a schedule; the jobs that it enqueued stay';

create or replace function queue.pause_schedule(name text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
-- Idempotent. Errors: 42704.
begin
    perform queue_internal.pause_schedule_as(name, true);
end
$$;
comment on function queue.pause_schedule(text) is 'Stops a schedule until it is resumed';

create or replace function queue.resume_schedule(name text)
returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
-- Idempotent. Errors: 42704.
begin
    perform queue_internal.pause_schedule_as(name, false);
end
$$;
comment on function queue.resume_schedule(text) is 'Lets a paused schedule go on, from its next fire';

create or replace function queue.next_fires(name text, max_fires int default 5)
returns setof timestamptz
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
-- The next fires of a schedule, in order, at most max_fires (1 to 1000); none while it is paused. Errors: 22023, 42704.
declare
    v_schedule queue_internal.schedule;
    v_read queue_internal.cron;
begin
    if max_fires is null or max_fires not between 1 and 1000 then
        raise exception 'max_fires % is out of range', max_fires using errcode = '22023', hint = 'use 1 to 1000';
    end if;
    perform queue_internal.require_schedule(name);
    select s.* into v_schedule from queue_internal.schedule as s where s.name = next_fires.name;
    if v_schedule.paused then
        return;
    end if;
    v_read := queue_internal.read_cron(v_schedule.cron);
    for i in 1 .. max_fires loop
        exit when v_schedule.next_at is null;
        return next v_schedule.next_at;
        v_schedule.next_at := queue_internal.cron_next(v_read, v_schedule.timezone, v_schedule.anchored_at,
            v_schedule.next_at);
    end loop;
end
$$;
comment on function queue.next_fires(text, int) is
    'The next fires of a schedule, at most max_fires (1 to 1000); none while it is paused';
