-- Withdrawing what waits in one lane, whose lock the caller holds.

create or replace function queue_internal.cancelable_ready(lane bigint, kind text, max_jobs int)
returns setof queue_internal.delivery
language sql volatile
as $$
    -- Deliveries of a lane that no claim has handed out, as unclaimed_rows, in the order in which they would be.
    with place as materialized (
        select c.cursor_row, (c.cursor_row).own_xids is null and (c.cursor_row).before_xids is null as is_plain,
            coalesce(pg_snapshot_xmax(case when (c.cursor_row).exhausted then (c.cursor_row).upto
                else (c.cursor_row).before end), '0') as reached
        from (select queue_internal.lane_cursor(cancelable_ready.lane) as cursor_row offset 0) as c
    ),
    start as materialized (
        select p.*, greatest(p.reached, case when not (p.cursor_row).exhausted then (p.cursor_row).last_xid end) as xid,
            case when not (p.cursor_row).exhausted and (p.cursor_row).last_xid >= p.reached
                then (p.cursor_row).last_id else 0 end as id
        from place as p
    )
    (select i.*
    from start as s
    cross join lateral (
        select pg_snapshot_xip((s.cursor_row).before) union select pg_snapshot_xip((s.cursor_row).upto)) as p (xid)
    cross join lateral (
        select d.*
        from queue_internal.delivery as d
        where d.lane = cancelable_ready.lane and d.slot < 3 and d.xid = p.xid and (d.xid, d.id) <= (s.xid, s.id)
            and not queue_internal.is_consumed(s.cursor_row, d.xid, d.id)
            and (cancelable_ready.kind is null or d.kind = cancelable_ready.kind)
            and not exists (select from queue_internal.void as v where v.lane = d.lane and v.id = d.id)
        limit cancelable_ready.max_jobs
    ) as i
    limit cancelable_ready.max_jobs)
    union all
    (select i.*
    from start as s
    cross join lateral (
        select d.*
        from queue_internal.delivery as d
        where d.lane = cancelable_ready.lane and d.slot < 3 and (d.xid, d.id) > (s.xid, s.id)
            and (s.is_plain or not queue_internal.is_consumed(s.cursor_row, d.xid, d.id))
            and (cancelable_ready.kind is null or d.kind = cancelable_ready.kind)
            and not exists (select from queue_internal.void as v where v.lane = d.lane and v.id = d.id)
        order by d.xid, d.id
        limit cancelable_ready.max_jobs
    ) as i)
    limit cancelable_ready.max_jobs
$$;

create or replace function queue_internal.cancelable_waiting(
    lane bigint,
    state text,
    kind text,
    max_jobs int
)
returns setof queue_internal.delivery
language sql volatile
as $$
    -- The same of a waiting lane, which no promotion has taken.
    select d.*
    from (select c.place, coalesce((c.place).due_at, '-infinity') as due_at, coalesce((c.place).due_id, 0) as due_id
        from (select queue_internal.lane_cursor(cancelable_waiting.lane) as place offset 0) as c) as c
    cross join lateral (
        select i.*
        from queue_internal.delivery as i
        where i.lane = cancelable_waiting.lane and i.slot < 3 and i.job_id is not null
            and ((i.due_at, i.id) > (c.due_at, c.due_id) or not queue_internal.is_consumed(c.place, i.xid, i.id))
            and (cancelable_waiting.state is null or (i.attempt > 1) = (cancelable_waiting.state = 'retrying'))
            and (cancelable_waiting.kind is null or i.kind = cancelable_waiting.kind)
            and not exists (select from queue_internal.void as v where v.lane = i.lane and v.id = i.id)
        order by i.xid, i.id
        limit cancelable_waiting.max_jobs
    ) as d
$$;

create or replace function queue_internal.cancelable(
    lane bigint,
    waits boolean,
    state text,
    kind text,
    max_jobs int
)
returns setof queue_internal.delivery
language sql volatile
as $$
    select c.* from queue_internal.cancelable_ready(cancelable.lane, kind, max_jobs) as c where not waits
    union all
    select c.* from queue_internal.cancelable_waiting(cancelable.lane, state, kind, max_jobs) as c where waits
$$;

create or replace function queue_internal.void_jobs(
    lane bigint,
    waits boolean,
    state text,
    kind text,
    max_jobs int,
    out jobs bigint[],
    out keyed bigint[]
)
language plpgsql volatile
as $$
-- Withdraws up to max_jobs jobs by making their deliveries void, but those whose key an open transaction holds.
begin
    with chosen as materialized (
        select c.lane, c.id, c.job_id, c.unique_key
        from queue_internal.cancelable(void_jobs.lane, waits, state, kind, max_jobs) as c
        where c.unique_key is null or queue_internal.try_hold_key(c.job_id, c.revision)
    ),
    withdrawn as (
        insert into queue_internal.void (lane, id) select c.lane, c.id from chosen as c on conflict do nothing
    )
    select array_agg(c.job_id), array_agg(c.job_id) filter (where c.unique_key is not null) into jobs, keyed
    from chosen as c;
end
$$;

create or replace function queue_internal.withdrawable(
    rows queue_internal.delivery[],
    cursor_row queue_internal.claim,
    kind text
)
returns table (place bigint, id bigint, job_id bigint, keyed boolean, fate text)
language sql volatile
as $$
    -- What a bulk cancel does with rows of a lane: canceled; passed, because nobody will be given it anyway; or it
    -- stays, being of another kind, or of a key that an open transaction holds. Lateral, as in fates.
    select d.ordinality, d.id, d.job_id, d.unique_key is not null, case
            when d.id <= (cursor_row).before_ids[array_position((cursor_row).before_xids, d.xid)] then 'passed'
            when v.found then 'passed'
            when withdrawable.kind is not null and d.kind is distinct from withdrawable.kind then 'stays'
            when d.unique_key is null then 'canceled'
            when queue_internal.try_hold_key(d.job_id, d.revision) then 'canceled'
            else 'stays' end
    from unnest(rows) with ordinality as d
    left join lateral (
        select true as found from queue_internal.void as o where o.lane = (cursor_row).lane and o.id = d.id limit 1
    ) as v on true
$$;

create or replace function queue_internal.withdraw_next(
    rows queue_internal.delivery[],
    cursor_row queue_internal.claim,
    kind text,
    out jobs bigint[],
    out keyed bigint[],
    out passed int
)
language plpgsql volatile
as $$
-- Takes the next rows out of their lane, up to the first that stays; returns the jobs, and how many rows the cursor may
-- move over. Nothing is left of them: a void row would make every later claim look closer.
declare
    v_void bigint[];
begin
    with chosen as materialized (
        select w.* from queue_internal.withdrawable(rows, cursor_row, kind) as w
    ),
    upto as materialized (
        select coalesce(min(c.place) filter (where c.fate = 'stays') - 1, max(c.place)) as place from chosen as c
    )
    select array_agg(c.job_id) filter (where c.fate = 'canceled'),
        array_agg(c.job_id) filter (where c.fate = 'canceled' and c.keyed),
        array_agg(c.id) filter (where c.fate = 'passed'), count(*)
    into jobs, keyed, v_void, passed
    from upto as u
    join chosen as c on c.place <= u.place;
    if v_void is not null then
        delete from queue_internal.void as v where v.lane = cursor_row.lane and v.id = any (v_void);
    end if;
end
$$;

create or replace function queue_internal.pass_canceled(
    inout cursor_row queue_internal.claim,
    kind text,
    max_jobs int,
    out jobs bigint[],
    out keyed bigint[],
    out stays boolean
)
language plpgsql volatile
as $$
-- Reads on from a lane's cursor as a claim does, withdraws up to max_jobs jobs, and moves the cursor over them, so that
-- nobody reads them again. Stops before the first row that stays.
declare
    v_fresh boolean := false;
    v_rows queue_internal.delivery[];
    v_step record;
    v_most int;
begin
    stays := false;
    loop
        v_most := least(max_jobs - coalesce(cardinality(jobs), 0), 1000);
        exit when v_most = 0 or v_fresh and cursor_row.exhausted;
        if cursor_row.exhausted then
            cursor_row := queue_internal.next_window(cursor_row);
            v_fresh := true;
        end if;
        v_rows := queue_internal.window_rows(cursor_row, null, v_most);
        cursor_row.exhausted := coalesce(cardinality(v_rows), 0) < v_most;
        continue when v_rows is null;
        v_step := queue_internal.withdraw_next(v_rows, cursor_row, kind);
        jobs := jobs || v_step.jobs;
        keyed := keyed || v_step.keyed;
        if v_step.passed > 0 then
            cursor_row.last_xid := v_rows[v_step.passed].xid;
            cursor_row.last_id := v_rows[v_step.passed].id;
        end if;
        stays := v_step.passed < cardinality(v_rows);
        if stays then
            cursor_row.exhausted := false;
            exit;
        end if;
    end loop;
end
$$;

create or replace function queue_internal.withdraw_ready(
    lane bigint,
    kind text,
    max_jobs int,
    out jobs bigint[],
    out keyed bigint[]
)
language plpgsql volatile
as $$
-- Withdraws up to max_jobs jobs of a lane that claims read. Behind the first row that stays they become void, and so
-- does what this very transaction enqueued, which no snapshot shows.
declare
    v_own xid8 := pg_current_xact_id_if_assigned();
    v_step record := queue_internal.pass_canceled(queue_internal.open_lane(lane), kind, max_jobs);
    v_left int := max_jobs - coalesce(cardinality(v_step.jobs), 0);
    v_more record;
begin
    -- The cursor keeps its time, for nobody has claimed. Always moved: a claim that an old snapshot does not show makes
    -- this 40001.
    perform queue_internal.move_cursor(v_step.cursor_row, coalesce((v_step.cursor_row).claimed_at, '-infinity'));
    jobs := v_step.jobs;
    keyed := v_step.keyed;
    if v_left > 0 and (v_step.stays or v_own is not null) then
        v_more := queue_internal.void_jobs(lane, false, null, kind, v_left);
        jobs := jobs || v_more.jobs;
        keyed := keyed || v_more.keyed;
    end if;
end
$$;

create or replace function queue_internal.cancel_lane(
    lane bigint,
    waits boolean,
    state text,
    kind text,
    max_jobs int,
    dry_run boolean
)
returns int
language plpgsql volatile
as $$
-- Cancels up to max_jobs jobs of a lane that wait in it; returns how many. Unless dry_run the caller holds its lock.
declare
    v_done record;
begin
    if dry_run then
        return (select count(*) from queue_internal.cancelable(lane, waits, state, kind, max_jobs));
    elsif waits then
        if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
            -- A promotion that this snapshot does not show makes this 40001.
            perform queue_internal.move_cursor(queue_internal.open_lane(lane));
        end if;
        v_done := queue_internal.void_jobs(lane, true, state, kind, max_jobs);
    else
        v_done := queue_internal.withdraw_ready(lane, kind, max_jobs);
    end if;
    insert into queue_internal.canceled (job_id, canceled_at)
    select j.job_id, queue.now() from unnest(v_done.jobs) as j (job_id)
    on conflict do nothing;
    perform queue_internal.let_go(v_done.jobs);
    if v_done.keyed is not null then
        perform queue_internal.release_keys(v_done.keyed, false);
    end if;
    if queue_internal.has_dependents() then
        perform queue_internal.note_ended(v_done.jobs, false);
    end if;
    return coalesce(cardinality(v_done.jobs), 0);
end
$$;
