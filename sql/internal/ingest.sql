-- The ingest guard: which enqueues a queue refuses, and how that is told.

create or replace function queue_internal.count_ingest(guard int, jobs int, max_jobs int)
returns boolean
language plpgsql volatile
as $$
-- Counts jobs as enqueued in the current minute; false, and nothing counted, when they would be too many. Calls that
-- run in the very instant in which a minute begins may be counted as one. What is rolled back stays counted. Without
-- its sequence, in a logical replica that maintain() has not made its own yet, nothing is.
declare
    v_counter regclass := to_regclass('queue_internal.ingest_' || guard);
    v_minute bigint := floor(extract(epoch from queue.now()) / 60);
    v_last bigint := coalesce(pg_sequence_last_value(v_counter), 0);
    v_count bigint;
begin
    if v_counter is null then
        return true;
    end if;
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

create or replace function queue_internal.note_refusal(guard int, is_rate boolean, amount bigint)
returns void
language plpgsql volatile
as $$
-- Leaves word of a refusal where the caller's rollback does not reach: a count, and one of 32 places for the details.
-- In this order: a reader that has seen the count finds the number, and so knows that a word which is missing may come.
declare
    v_count regclass := to_regclass(case when is_rate then 'queue_internal.refused_rate_' else 'queue_internal.refused_size_' end
        || guard);
    v_number bigint;
begin
    if v_count is null then
        return;
    end if;
    v_number := nextval('queue_internal.refusal');
    perform nextval(v_count);
    perform setval(('queue_internal.refusal_what_' || v_number % 32)::regclass, (is_rate::int::bigint << 62)
        | (least(amount, 1073741823) << 32) | (guard::bigint << 16) | (v_number & 65535));
    perform setval(('queue_internal.refusal_when_' || v_number % 32)::regclass,
        (((extract(epoch from queue.now()) * 1000)::bigint) << 16) | (v_number & 65535));
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
            perform queue_internal.note_refusal(v_options.guard, false, v_bytes);
            raise exception 'payload of % bytes is over the limit of queue %, % bytes', v_bytes, queue_internal.shown(queue),
                v_options.max_payload_bytes
                using errcode = 'JQ001',
                    hint = 'keep large things elsewhere and put their address into the payload, or raise '
                        'the option max_payload_bytes';
        end if;
    end if;
    if v_options.max_enqueues_per_minute > 0 and not queue_internal.count_ingest(v_options.guard,
        cardinality(payloads), v_options.max_enqueues_per_minute)
    then
        perform queue_internal.note_refusal(v_options.guard, true, cardinality(payloads));
        raise exception 'queue % takes % jobs a minute, and has had too many for % more', queue_internal.shown(queue),
            v_options.max_enqueues_per_minute, cardinality(payloads)
            using errcode = 'JQ002',
                hint = format('try again in %s seconds, or raise the option max_enqueues_per_minute',
                    60 - extract(second from queue.now())::int % 60);
    end if;
    return true;
end
$$;

create or replace function queue_internal.make_guard(number int)
returns void
language plpgsql volatile
as $$
-- The sequences of a guard, where they are missing. They stay when the guard goes: dropping one would wait for every
-- producer that is in a transaction, and numbers are given again.
declare
    v_name text;
begin
    foreach v_name in array array['ingest_', 'refused_size_', 'refused_rate_'] loop
        if to_regclass('queue_internal.' || v_name || make_guard.number) is null then
            execute format('create sequence queue_internal.%I minvalue 0 start 1', v_name || make_guard.number);
            execute format('comment on sequence queue_internal.%I is %L', v_name || make_guard.number,
                'Of a guard after the first 32: made when a queue needed it');
        end if;
    end loop;
end
$$;

create or replace function queue_internal.with_guard(options queue_internal.queue)
returns queue_internal.queue
language plpgsql volatile
as $$
-- The options with a guard when they can refuse an enqueue; a queue keeps its guard for good. Errors: 53400.
begin
    if options.guard is not null or options.max_payload_bytes = 0 and options.max_enqueues_per_minute = 0 then
        return options;
    end if;
    perform pg_advisory_xact_lock(queue_internal.lane_id('counters', '', 0, 0, null));
    -- Dropped a short while ago, it has its number still.
    update queue_internal.guard as g set dropped_at = null where g.queue = options.name returning g.number into options.guard;
    if options.guard is null then
        select n.number into options.guard
        from generate_series(0, 65535) as n (number)
        where not exists (select from queue_internal.guard as g where g.number = n.number)
        order by n.number
        limit 1;
        if options.guard is null then
            raise exception 'at most 65536 queues may have max_payload_bytes or max_enqueues_per_minute'
                using errcode = '53400', hint = 'drop queues that are not needed: a number is free a day later';
        end if;
        perform queue_internal.make_guard(options.guard);
        insert into queue_internal.guard (number, queue, told_size, told_rate)
        values (options.guard, options.name, queue_internal.refused(options.guard, false),
            queue_internal.refused(options.guard, true));
    end if;
    perform setval(('queue_internal.ingest_' || options.guard)::regclass, 0);
    return options;
end
$$;

create or replace function queue_internal.renew_guards()
returns void
language plpgsql volatile
as $$
-- After a move to another cluster: sequences that did not come along are made, and what is counted there is not told
-- again.
begin
    perform queue_internal.make_guard(g.number) from queue_internal.guard as g;
    update queue_internal.guard as g
    set told_size = queue_internal.refused(g.number, false), told_rate = queue_internal.refused(g.number, true);
end
$$;

create or replace function queue_internal.prune_guards()
returns int
language plpgsql volatile
as $$
-- Gives back the numbers of queues that were dropped a day ago: whoever found such a guard before has long been
-- refused.
declare
    v_count int;
begin
    delete from queue_internal.guard as g where g.dropped_at < (select queue.now()) - interval '1 day';
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
