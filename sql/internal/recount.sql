create or replace function queue_internal.adopt(queue text)
returns void
language plpgsql volatile
as $$
-- Counts what runs already when a queue comes to be gated. Their settles leave no notes: recounts find them.
declare
    v_lane bigint := queue_internal.lane_id('leases', queue, 0, 0, null);
begin
    insert into queue_internal.held (token, job_id, queue, group_key)
    select t.token, u.job_id, adopt.queue, (queue_internal.latest(u.job_id)).group_key
    from queue_internal.open_leases(v_lane) as t (token)
    cross join lateral queue_internal.claim_of(t.token) as c
    cross join lateral queue_internal.unsettled(c) as u (job_id)
    on conflict do nothing;
end
$$;

create or replace function queue_internal.recount(options queue_internal.queue)
returns void
language plpgsql volatile
as $$
-- Sets all of a queue's gates to what is in flight and throttled in truth, by its limits as they are now, and removes
-- those that nothing is to be known of. The caller holds the gate's lock.
declare
    v_look record;
    v_token bigint := 0;
    v_group text := '';
begin
    loop
        v_look := queue_internal.look_wrong(options, v_token, v_group);
        v_token := v_look.token;
        v_group := v_look.group_key;
        perform queue_internal.mend(options, v_token, v_group, v_look.tokens, v_look.groups);
        exit when v_token is null and v_group is null;
    end loop;
end
$$;

create or replace function queue_internal.recount_some(options queue_internal.queue)
returns boolean
language plpgsql volatile
as $$
-- Goes on with a queue's recount, or begins one: looks for a while, until something is wrong, and sets it right. False
-- when the queue is being claimed from.
declare
    v_gate queue_internal.gate := queue_internal.gate_of(options.name, '');
    v_until timestamptz := queue.now() + interval '50 milliseconds';
    v_begun boolean := v_gate.recount_token is not null or v_gate.recount_group is not null;
    v_token bigint := case when v_begun then v_gate.recount_token else 0 end;
    v_group text := case when v_begun then v_gate.recount_group else '' end;
    v_look record;
begin
    loop
        v_look := queue_internal.look_wrong(options, v_token, v_group);
        v_token := v_look.token;
        v_group := v_look.group_key;
        exit when v_token is null and v_group is null or v_look.tokens is not null or v_look.groups is not null
            or queue.now() > v_until;
    end loop;
    if not pg_try_advisory_xact_lock(queue_internal.gate_lock(options.name)) then
        return false;
    end if;
    perform queue_internal.mend(options, v_token, v_group, v_look.tokens, v_look.groups);
    return true;
end
$$;

create or replace function queue_internal.open_gate(queue text, was_gated boolean)
returns void
language plpgsql volatile
as $$
-- Puts a queue's limits, which the caller has just written, into force. Errors: 55P03.
declare
    v_options queue_internal.queue := queue_internal.options(queue);
begin
    if not v_options.gated then
        return;
    end if;
    perform queue_internal.need_lane(queue_internal.gate_lock(queue), interval '2 seconds',
        format('queue %s is being claimed from', queue_internal.shown(queue)));
    perform queue_internal.ensure_lane('throttled', queue);
    perform queue_internal.ensure_lane('freed', queue);
    if not was_gated then
        perform queue_internal.adopt(queue);
    end if;
    perform queue_internal.recount(v_options);
    perform queue_internal.notify(queue);
end
$$;

create or replace function queue_internal.recount_gates()
returns int
language plpgsql volatile
as $$
-- Recounts each gated queue twice a minute, a share at a call, and lets those go that have lost their limits and hold
-- nothing back any more. Claims of a queue that something was done for wait until the transaction ends. Returns how
-- many those are.
declare
    v_options queue_internal.queue;
    v_until timestamptz := queue.now() + interval '200 milliseconds';
    v_count int := 0;
begin
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        return 0;
    end if;
    for v_options in
        select q.*
        from queue_internal.queue as q
        cross join lateral queue_internal.gate_of(q.name, '') as g
        where q.gated and (g.recount_token is not null or g.recount_group is not null
            or coalesce(g.recounted_at, '-infinity') not between queue.now() - interval '30 seconds' and queue.now())
        order by g.recounted_at nulls first
    loop
        exit when queue.now() > v_until;
        continue when not queue_internal.recount_some(v_options);
        v_count := v_count + 1;
        if not queue_internal.limits(v_options)
            and not exists (select from queue_internal.throttled as b where b.queue = v_options.name)
        then
            update queue_internal.queue as q set gated = false
            where q.name = (select o.name from queue_internal.queue as o
                where o.name = v_options.name and not queue_internal.limits(o) for update skip locked);
        end if;
    end loop;
    return v_count;
end
$$;
