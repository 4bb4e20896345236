-- A claim from a gated queue. It holds the gate's lock, so that it is alone and what it reads of the gates is exact.

create or replace function queue_internal.hold(taken queue_internal.taken, keys queue_internal.row_keys,
    groups text[], lanes bigint[], token bigint, queue text)
returns queue_internal.taken
language plpgsql volatile
as $$
-- Counts the jobs of a claim as in flight, and adds them to what is handed out.
begin
    insert into queue_internal.held (token, job_id, queue, group_key)
    select hold.token, j.job_id, hold.queue, j.group_key
    from unnest(keys.job_ids, groups) as j (job_id, group_key);
    taken.lanes := taken.lanes || lanes;
    taken.tokens := taken.tokens || array_fill(token, array[cardinality(keys.ids)]);
    taken.slots := taken.slots || keys.slots;
    taken.xids := taken.xids || keys.xids;
    taken.ids := taken.ids || keys.ids;
    taken.scattered := true;
    return taken;
end
$$;

create or replace function queue_internal.fitting(
    rows queue_internal.delivery[],
    options queue_internal.queue,
    at timestamptz
)
returns table (place int, fits boolean, holds boolean)
language plpgsql volatile
as $$
-- Which of a lane's next rows their groups have room for, if the rows before them are taken as far as they fit. Behind
-- jobs of its group that wait already none does. holds: the job keeps its key since an earlier attempt.
begin
    if not queue_internal.limits_groups(options) then
        return query select p.place, true, false from generate_series(1, cardinality(rows)) as p (place);
        return;
    end if;
    return query
    select d.ordinality::int,
        d.group_key is null
            or g.throttled = 0 and coalesce(row_number() over (partition by d.group_key order by d.ordinality) <= g.jobs, true),
        options.ordered and exists (select from queue_internal.held as h where h.token = 0 and h.job_id = d.job_id)
    from unnest(rows) with ordinality as d
    left join (
        select k.group_key, (k.gate).throttled, r.jobs
        from (
            select u.group_key, queue_internal.gate_of(options.name, u.group_key) as gate
            from (select distinct w.group_key from unnest(rows) as w where w.group_key is not null) as u
            offset 0
        ) as k
        cross join lateral queue_internal.room(k.gate, options, at) as r
    ) as g on g.group_key = d.group_key
    order by d.ordinality;
end
$$;

create or replace function queue_internal.release_holder(
    source queue_internal.delivery,
    options queue_internal.queue,
    at timestamptz
)
returns void
language plpgsql volatile
as $$
-- The retry of a job that has kept its key arrives: it counts like any other from here on.
begin
    delete from queue_internal.held as h where h.token = 0 and h.job_id = source.job_id;
    perform queue_internal.change_gate(queue_internal.gate_of(options.name, source.group_key), options, at, 0, -1, 0);
end
$$;

create or replace function queue_internal.delay_retry(
    source queue_internal.delivery,
    options queue_internal.queue,
    at timestamptz,
    place int
)
returns void
language plpgsql volatile
as $$
-- Puts the place-th retry that came too early off until the bucket may have a token for it.
begin
    perform queue_internal.redeliver(source, source.attempt, source.lost,
        at + place * options.starts_period / options.max_retries);
    perform queue_internal.tell_policy(options.name, '', 'RETRY_RATE_EXCEEDED',
        queue_internal.limit_details(options, '', 'RETRY_RATE_EXCEEDED'));
end
$$;

create or replace function queue_internal.pass_gate(
    inout taken queue_internal.taken,
    inout cursor_row queue_internal.claim,
    rows queue_internal.delivery[],
    own_xid xid8,
    request queue_internal.claim_request,
    options queue_internal.queue,
    out passed int
)
language plpgsql volatile
as $$
-- Moves the cursor over the next rows of its lane: claims those that fit, blocks the others, until there are as many as
-- were asked for. Returns how many rows it passed. Where transactions came to be in another order than their jobs, an
-- ordered queue blocks the rest instead of leaving it, so that it can go by the jobs' order.
declare
    v_last queue_internal.delivery := rows[cardinality(rows)];
    v_sorted boolean := false;
    v_delayed int := 0;
    v_sorts boolean := cursor_row.before_xids is not null or request.kinds is not null
        or exists (select from queue_internal.void as v where v.lane = cursor_row.lane limit 1);
    v_left int := request.max_jobs - coalesce(cardinality(taken.ids), 0);
    v_at record;
    v_row queue_internal.delivery;
    v_fate text;
    v_keys queue_internal.row_keys;
    v_groups text[];
    v_throttled int[];
    v_place int := array_position(cursor_row.own_xids, own_xid);
    v_token bigint;
begin
    passed := 0;
    v_keys.keyed := false;
    if options.ordered and exists (
        select from (select d.job_id, lag(d.job_id) over (order by d.ordinality) as before
            from unnest(rows) with ordinality as d) as d
        where d.before > d.job_id)
    then
        v_sorted := true;
        rows := array(select d from unnest(rows) as d order by d.job_id);
    end if;
    for v_at in select f.place, f.fits, f.holds from queue_internal.fitting(rows, options, request.at) as f loop
        exit when v_left = 0 and not v_sorted;
        v_row := rows[v_at.place];
        passed := v_at.place;
        v_at.fits := v_left > 0 and (v_at.fits or v_at.holds);
        v_fate := 'taken';
        if v_sorts then
            v_fate := queue_internal.fate(cursor_row, v_row.xid, v_row.id, v_row.kind, own_xid, request.kinds);
            if v_fate = 'parked' and options.ordered and v_row.group_key is not null then
                v_fate := 'taken';
                v_at.fits := false;
            end if;
        end if;
        if v_fate = 'taken' and v_row.unique_key is not null then
            v_fate := queue_internal.key_fate(v_row.job_id, v_row.revision);
        end if;
        if v_fate = 'busy' then
            perform queue_internal.redeliver(v_row, v_row.attempt, v_row.lost, queue.now() + interval '1 second');
        elsif v_fate = 'taken' and v_at.fits and v_row.attempt > 1 and taken.retries <= 0 then
            v_delayed := v_delayed + 1;
            perform queue_internal.delay_retry(v_row, options, request.at, v_delayed);
            v_fate := 'delayed';
        elsif v_fate = 'taken' and v_at.holds then
            perform queue_internal.release_holder(v_row, options, request.at);
        end if;
        if v_fate = 'taken' and not v_at.fits and v_row.group_key is null then
            perform queue_internal.redeliver(v_row, v_row.attempt, v_row.lost, v_row.due_at);
        elsif v_fate = 'parked' then
            perform queue_internal.park(cursor_row.lane, array[v_row.slot], array[v_row.xid], array[v_row.id]);
        elsif v_fate = 'taken' and v_at.fits then
            v_keys.slots := v_keys.slots || v_row.slot;
            v_keys.xids := v_keys.xids || v_row.xid;
            v_keys.ids := v_keys.ids || v_row.id;
            v_keys.job_ids := v_keys.job_ids || v_row.job_id;
            v_keys.attempts := v_keys.attempts || v_row.attempt;
            v_keys.keyed := v_keys.keyed or v_row.unique_key is not null;
            v_groups := v_groups || v_row.group_key;
            v_left := v_left - 1;
            taken.retries := taken.retries - (v_row.attempt > 1)::int;
        elsif v_fate = 'taken' then
            v_throttled := v_throttled || v_at.place;
        end if;
    end loop;
    if passed = 0 then
        return;
    end if;
    if v_throttled is not null then
        perform queue_internal.throttle(rows, v_throttled, options);
        taken.throttled := coalesce(taken.throttled, 0) + cardinality(v_throttled);
    end if;
    perform queue_internal.change_groups(rows, v_throttled, v_groups, options, request.at);
    if not v_sorted then
        v_last := rows[passed];
    end if;
    if own_xid is null then
        cursor_row.last_xid := v_last.xid;
        cursor_row.last_id := v_last.id;
        cursor_row.next_at := coalesce(rows[passed + 1].due_at, rows[passed + 1].enqueued_at);
        cursor_row.next_id := rows[passed + 1].id;
        cursor_row.exhausted := cursor_row.exhausted and passed = cardinality(rows);
    else
        cursor_row.next_id := null;
        if v_place is null then
            cursor_row.own_xids := cursor_row.own_xids || own_xid;
            cursor_row.own_ids := cursor_row.own_ids || v_last.id;
        else
            cursor_row.own_ids[v_place] := v_last.id;
        end if;
    end if;
    v_token := queue_internal.file_claim(cursor_row, v_keys, request);
    if v_token is not null then
        taken := queue_internal.hold(taken, v_keys, v_groups,
            array_fill(cursor_row.lane, array[cardinality(v_keys.ids)]), v_token, request.queue);
    end if;
    cursor_row.number := cursor_row.number + 1;
end
$$;

create or replace function queue_internal.change_groups(
    rows queue_internal.delivery[],
    throttled int[],
    started text[],
    options queue_internal.queue,
    at timestamptz
)
returns void
language plpgsql volatile
as $$
-- Enters into the groups' gates what was started and throttled, and records what limit it was.
declare
    v_group record;
    v_full text[];
begin
    if not queue_internal.limits_groups(options) then
        return;
    end if;
    for v_group in
        select c.group_key, sum(c.started)::int as started, sum(c.throttled) as throttled
        from (
            select s.group_key, 1 as started, 0 as throttled from unnest(change_groups.started) as s (group_key)
            union all
            select d.group_key, 0, 1 from unnest(rows) with ordinality as d
            where d.ordinality = any (change_groups.throttled)
        ) as c
        where c.group_key is not null
        group by c.group_key
    loop
        perform queue_internal.change_gate(queue_internal.gate_of(options.name, v_group.group_key), options, at,
            v_group.started, v_group.started, v_group.throttled::bigint);
        if v_group.throttled > 0 then
            v_full := v_full || v_group.group_key;
        end if;
    end loop;
    if v_full is not null then
        perform queue_internal.tell_groups(v_full, options, at);
    end if;
end
$$;
