-- The ingest guard: which enqueues a queue refuses, and how that is told.

create or replace function queue_internal.count_ingest(counter int, jobs int, max_jobs int)
returns boolean
language plpgsql volatile
as $$
-- Counts jobs as enqueued in the current minute; false, and nothing counted, when they would be too many. Calls that
-- run in the very instant in which a minute begins may be counted as one. What is rolled back stays counted.
declare
    v_counter regclass := ('queue_internal.ingest_' || counter)::regclass;
    v_minute bigint := floor(extract(epoch from clock_timestamp()) / 60);
    v_last bigint := coalesce(pg_sequence_last_value(v_counter), 0);
    v_count bigint;
begin
    -- A minute ahead is another session's; more than that, the clock was set back.
    if (v_last >> 36) not between v_minute and v_minute + 1 then
        if jobs <= max_jobs then
            perform setval(v_counter, (v_minute << 36) + jobs);
        end if;
        return jobs <= max_jobs;
    end if;
    if (v_last & 68719476735) + jobs > max_jobs then
        return false;
    end if;
    select max(nextval(v_counter)) & 68719476735 into v_count from generate_series(1, jobs);
    return v_count <= max_jobs;
end
$$;

create or replace function queue_internal.note_refusal(queue text, is_rate boolean, amount bigint)
returns void
language plpgsql volatile
as $$
-- Leaves word of a refusal where the caller's rollback does not reach; maintain() reads it.
declare
    v_number bigint := nextval('queue_internal.refusal');
    v_now bigint := extract(epoch from clock_timestamp()) * 1000;
begin
    perform setval(('queue_internal.refusal_what_' || v_number % 8)::regclass, (is_rate::int::bigint << 62)
        | ((hashtext(queue)::bigint & 4294967295) << 30) | least(amount, 1073741823));
    perform setval(('queue_internal.refusal_when_' || v_number % 8)::regclass, (v_now << 20) | (v_number & 1048575));
end
$$;

create or replace function queue_internal.admit(queue text, payloads jsonb[])
returns boolean
language plpgsql volatile
as $$
-- True when the queue takes these jobs now; else raises JQ001 or JQ002, and the refusal is noted.
declare
    v_options queue_internal.queue := queue_internal.options(queue);
    v_bytes bigint;
begin
    if v_options.max_payload_bytes > 0 then
        select max(octet_length(p.payload::text)) into v_bytes from unnest(payloads) as p (payload);
        if v_bytes > v_options.max_payload_bytes then
            perform queue_internal.note_refusal(queue, false, v_bytes);
            raise exception 'payload of % bytes is over the limit of queue %, % bytes', v_bytes, queue_internal.shown(queue),
                v_options.max_payload_bytes
                using errcode = 'JQ001',
                    hint = 'keep large things elsewhere and put their address into the payload, or raise '
                        'the option max_payload_bytes';
        end if;
    end if;
    if v_options.max_enqueues_per_minute > 0 and not queue_internal.count_ingest(v_options.rate_counter,
        cardinality(payloads), v_options.max_enqueues_per_minute)
    then
        perform queue_internal.note_refusal(queue, true, cardinality(payloads));
        raise exception 'queue % takes % jobs a minute, and has had too many for % more', queue_internal.shown(queue),
            v_options.max_enqueues_per_minute, cardinality(payloads)
            using errcode = 'JQ002',
                hint = format('try again in %s seconds, or raise the option max_enqueues_per_minute',
                    60 - extract(second from clock_timestamp())::int % 60);
    end if;
    return true;
end
$$;

create or replace function queue_internal.with_counter(options queue_internal.queue)
returns queue_internal.queue
language plpgsql volatile
as $$
-- The options with a counter of enqueues when they need one, without it when they do not. Errors: 53400.
begin
    if options.max_enqueues_per_minute = 0 then
        options.rate_counter := null;
    elsif options.rate_counter is null then
        perform pg_advisory_xact_lock(queue_internal.lane_id('counters', '', 0, 0, null));
        select min(n.counter) into options.rate_counter
        from generate_series(0, 31) as n (counter)
        where not exists (select from queue_internal.queue as q where q.rate_counter = n.counter);
        if options.rate_counter is null then
            raise exception 'at most 32 queues may have max_enqueues_per_minute'
                using errcode = '53400', hint = 'set it to 0 where it is not needed';
        end if;
        perform setval(('queue_internal.ingest_' || options.rate_counter)::regclass, 0);
    end if;
    return options;
end
$$;

create or replace function queue_internal.record_refusals()
returns int
language plpgsql volatile
as $$
-- Writes what was refused since the last call into ingest_decision: the last 8 one by one, how many before them in one
-- row. Returns how many rows.
declare
    v_last bigint := coalesce(pg_sequence_last_value('queue_internal.refusal'), 0);
    v_read bigint := (select r.number from queue_internal.refusal_reader as r where r.singleton);
    v_count int;
begin
    if v_last = v_read or current_setting('transaction_isolation') in ('repeatable read', 'serializable')
        or not pg_try_advisory_xact_lock(queue_internal.lane_id('refusals', '', 0, 0, null))
    then
        return 0;
    end if;
    -- Again, under the lock: another session may have read meanwhile.
    select r.number into v_read from queue_internal.refusal_reader as r where r.singleton;
    insert into queue_internal.ingest_decision (number, at, queue, decision, reason_code, details)
    select n.number, to_timestamp((w.moment >> 20) / 1000.0),
        (select min(q.name) from queue_internal.queue as q where hashtext(q.name) = ((w.what >> 30) & 4294967295)::bit(32)::int),
        'REFUSED', case when w.what >> 62 = 1 then 'ENQUEUE_RATE_EXCEEDED' else 'PAYLOAD_TOO_LARGE' end,
        jsonb_build_object(case when w.what >> 62 = 1 then 'jobs' else 'payload_bytes' end, w.what & 1073741823)
    from generate_series(greatest(v_read, v_last - 8) + 1, v_last) as n (number)
    cross join lateral (
        select pg_sequence_last_value(('queue_internal.refusal_what_' || n.number % 8)::regclass) as what,
            pg_sequence_last_value(('queue_internal.refusal_when_' || n.number % 8)::regclass) as moment
        offset 0
    ) as w
    where (w.moment & 1048575) = (n.number & 1048575);
    get diagnostics v_count = row_count;
    if v_count < v_last - v_read then
        insert into queue_internal.ingest_decision (number, at, queue, decision, reason_code, details)
        values (v_read + 1, clock_timestamp(), null, 'REFUSED', 'NOT_KEPT',
            jsonb_build_object('refusals', v_last - v_read - v_count))
        on conflict do nothing;
    end if;
    update queue_internal.refusal_reader as r set number = v_last where r.singleton;
    return v_count;
end
$$;
