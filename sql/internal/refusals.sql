-- What the ingest guard refused: from the sequences into ingest_decision.

create or replace function queue_internal.refusal_reason(is_rate boolean)
returns text
language sql immutable
as $$
    select case when is_rate then 'ENQUEUE_RATE_EXCEEDED' else 'PAYLOAD_TOO_LARGE' end
$$;

create or replace function queue_internal.refused(guard int, is_rate boolean)
returns bigint
language sql stable
as $$
    -- How many enqueues a guard has ever refused for this reason; 0 where the sequence is missing.
    select coalesce(pg_sequence_last_value(to_regclass(
        case when is_rate then 'queue_internal.refused_rate_' else 'queue_internal.refused_size_' end || guard)), 0)
$$;

create or replace function queue_internal.refused_counts()
returns jsonb
language sql stable
as $$
    -- By guard and reason how many were refused, where not all of them are told. To be read before the number of the
    -- last refusal: then every one that is counted here has its number by then.
    select coalesce(jsonb_object_agg(g.number || ' ' || r.is_rate, n.refused), '{}')
    from queue_internal.guard as g
    cross join (values (false), (true)) as r (is_rate)
    cross join lateral (select queue_internal.refused(g.number, r.is_rate) as refused offset 0) as n
    where n.refused > case when r.is_rate then g.told_rate else g.told_size end
$$;

create or replace function queue_internal.read_refusals(after bigint, upto bigint)
returns table (number bigint, at timestamptz, guard int, is_rate boolean, details jsonb)
language sql stable
as $$
    -- The refusals after one number, up to another, whose details are there: at most 32. A place has its refusal when
    -- both words are of the same number, of which they hold the last 16 bits. After a crash numbers jump, words do not.
    select n.number, to_timestamp((w.moment >> 16) / 1000.0), (w.what >> 16 & 65535)::int, w.what >> 62 = 1,
        jsonb_build_object(case when w.what >> 62 = 1 then 'jobs' else 'payload_bytes' end, w.what >> 32 & 1073741823)
    from generate_series(0, 31) as p (place)
    cross join lateral (
        select pg_sequence_last_value(('queue_internal.refusal_what_' || p.place)::regclass) as what,
            pg_sequence_last_value(('queue_internal.refusal_when_' || p.place)::regclass) as moment
        offset 0
    ) as w
    cross join lateral (select upto - ((upto - (w.what & 65535)) & 65535) as number) as n
    where (w.what & 65535) = (w.moment & 65535) and n.number > greatest(after, upto - 32768) and n.number % 32 = p.place
$$;

create or replace function queue_internal.refused_too_many(reader queue_internal.refusal_reader)
returns int
language sql stable
as $$
    -- A server that has crashed finds sequences up to 32 ahead of what was drawn: that many may be none.
    select case when reader.server_start = pg_postmaster_start_time() then 0 else 32 end
$$;

create or replace function queue_internal.first_missing(after bigint, upto bigint, found bigint[])
returns bigint
language sql immutable
as $$
    -- The first refusal whose details may still be being written: those that are 32 back have been written over.
    select min(n.number) from generate_series(greatest(after, upto - 32) + 1, upto) as n (number)
    where n.number <> all (coalesce(found, array[]::bigint[]))
$$;

create or replace function queue_internal.untold_refusals(counts jsonb, told jsonb, margin int)
returns table (number int, is_rate boolean, queue text, details jsonb)
language sql stable
as $$
    -- Of each guard and reason, by their counts, those that were told neither before nor now, but for a margin.
    select g.number, r.is_rate, g.queue,
        jsonb_build_object('reason', queue_internal.refusal_reason(r.is_rate), 'refusals', n.untold)
    from queue_internal.guard as g
    cross join (values (false), (true)) as r (is_rate)
    cross join lateral (select g.number || ' ' || r.is_rate as key) as k
    cross join lateral (
        select (counts ->> k.key)::bigint - coalesce((told ->> k.key)::bigint, 0)
            - case when r.is_rate then g.told_rate else g.told_size end - margin as untold
    ) as n
    where n.untold > 0
$$;

create or replace function queue_internal.tell_refusals(
    after bigint,
    upto bigint,
    given_up bigint,
    out missing bigint,
    out told int
)
language plpgsql volatile
as $$
-- Writes the refusals after one number, up to another, into ingest_decision: those before the first one that is
-- missing, which it returns. Those up to given_up are not waited for.
begin
    with word as materialized (
        select * from queue_internal.read_refusals(after, upto)
    ), hole as materialized (
        select queue_internal.first_missing(given_up, upto, (select array_agg(w.number) from word as w)) as number
    ), chosen as (
        select w.* from word as w cross join hole as h where h.number is null or w.number < h.number
    ), written as (
        insert into queue_internal.ingest_decision (number, at, queue, decision, reason_code, details)
        select nextval('queue_internal.ingest_decision_number'), c.at, g.queue, 'REFUSED',
            queue_internal.refusal_reason(c.is_rate), c.details
        from chosen as c
        left join queue_internal.guard as g on g.number = c.guard
        order by c.number
        returning 1
    ), counted as (
        update queue_internal.guard as g set told_size = g.told_size + n.sizes, told_rate = g.told_rate + n.rates
        from (
            select c.guard, count(*) filter (where not c.is_rate) as sizes, count(*) filter (where c.is_rate) as rates
            from chosen as c
            group by c.guard
        ) as n
        where g.number = n.guard
    )
    select h.number, (select count(*) from written) into missing, told from hole as h;
end
$$;

create or replace function queue_internal.tell_untold(counts jsonb, margin int)
returns int
language plpgsql volatile
as $$
-- Writes how many refusals of each queue and reason are counted and had no place of their own any more.
declare
    v_count int;
begin
    insert into queue_internal.ingest_decision (number, at, queue, decision, reason_code, details)
    select nextval('queue_internal.ingest_decision_number'), queue.now(), u.queue, 'REFUSED', 'NOT_KEPT',
        u.details
    from queue_internal.untold_refusals(counts, '{}', margin) as u;
    get diagnostics v_count = row_count;
    update queue_internal.guard as g
    set told_size = greatest(g.told_size, (counts ->> (g.number || ' false'))::bigint),
        told_rate = greatest(g.told_rate, (counts ->> (g.number || ' true'))::bigint)
    where counts ?| array[g.number || ' false', g.number || ' true'];
    return v_count;
end
$$;

create or replace function queue_internal.record_refusals()
returns int
language plpgsql volatile
as $$
-- Writes what was refused since the last call into ingest_decision: the last 32 one by one, those before them as a
-- count for each queue and reason. Returns how many rows. One that is missing is waited for, five seconds: its session
-- has drawn the number and may not have written the rest. Meanwhile only counts of before are told, or it would be told
-- twice.
declare
    v_reader queue_internal.refusal_reader;
    v_counts jsonb;
    v_last bigint := coalesce(pg_sequence_last_value('queue_internal.refusal'), 0);
    v_patient boolean;
    v_too_many int;
    v_missing bigint;
    v_count int;
begin
    if v_last = (select r.number from queue_internal.refusal_reader as r where r.singleton)
        or current_setting('transaction_isolation') in ('repeatable read', 'serializable')
        or not pg_try_advisory_xact_lock(queue_internal.lane_id('refusals', '', 0, 0, null))
    then
        return 0;
    end if;
    -- Again, under the lock: another session may have read meanwhile.
    select r.* into v_reader from queue_internal.refusal_reader as r where r.singleton;
    v_counts := queue_internal.refused_counts();
    v_last := coalesce(pg_sequence_last_value('queue_internal.refusal'), 0);
    v_patient := coalesce(
        v_reader.stopped_at between queue.now() - interval '5 seconds' and queue.now(), false);
    select t.missing, t.told into v_missing, v_count
    from queue_internal.tell_refusals(v_reader.number, v_last,
        case when v_patient then v_reader.number else greatest(v_reader.number, v_reader.stopped_upto) end) as t;
    if v_missing is null or not v_patient then
        v_too_many := queue_internal.refused_too_many(v_reader);
        v_count := v_count + queue_internal.tell_untold(
            case when v_missing is null then v_counts when v_too_many = 0 then v_reader.stopped_counts end, v_too_many);
        if v_missing is null then
            v_reader.server_start := pg_postmaster_start_time();
        end if;
        v_reader.stopped_counts := v_counts;
        v_reader.stopped_at := case when v_missing is not null then queue.now() end;
        v_reader.stopped_upto := v_last;
    end if;
    update queue_internal.refusal_reader as r
    set number = coalesce(v_missing - 1, v_last), server_start = v_reader.server_start, stopped_at = v_reader.stopped_at,
        stopped_upto = v_reader.stopped_upto, stopped_counts = v_reader.stopped_counts
    where r.singleton;
    return v_count;
end
$$;

create or replace function queue_internal.pending_refusals()
returns table (at timestamptz, queue text, decision text, reason_code text, details jsonb)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
-- What record_refusals() has not told yet, for the view. Stable: it reads what is told in the snapshot of the query
-- that reads the view, so that none is told twice or not at all.
declare
    v_reader queue_internal.refusal_reader;
    v_counts jsonb;
    v_last bigint := coalesce(pg_sequence_last_value('queue_internal.refusal'), 0);
    v_word record;
    v_found bigint[];
    v_told jsonb := jsonb '{}';
    v_key text;
begin
    decision := 'REFUSED';
    select r.* into v_reader from queue_internal.refusal_reader as r where r.singleton;
    if v_last = v_reader.number then
        return;
    end if;
    v_counts := queue_internal.refused_counts();
    v_last := coalesce(pg_sequence_last_value('queue_internal.refusal'), 0);
    for v_word in
        select w.*, g.queue
        from queue_internal.read_refusals(v_reader.number, v_last) as w
        left join queue_internal.guard as g on g.number = w.guard
    loop
        v_key := v_word.guard || ' ' || v_word.is_rate;
        v_told := v_told || jsonb_build_object(v_key, coalesce((v_told ->> v_key)::bigint, 0) + 1);
        v_found := v_found || v_word.number;
        at := v_word.at;
        queue := v_word.queue;
        reason_code := queue_internal.refusal_reason(v_word.is_rate);
        details := v_word.details;
        return next;
    end loop;
    if queue_internal.first_missing(v_reader.number, v_last, v_found) is null then
        return query
        select queue.now(), u.queue, 'REFUSED', 'NOT_KEPT', u.details
        from queue_internal.untold_refusals(v_counts, v_told, queue_internal.refused_too_many(v_reader)) as u;
    end if;
end
$$;
