-- What a job's timeline tells besides its attempts. Only rare calls write here: retry, redrive, and an enqueue that
-- changes another job. What is canceled or dead has a row of its own, which comes here when the job is made ready
-- again.

create or replace function queue_internal.note_event(job_id bigint, event text, detail text)
returns void
language sql volatile
as $$
    insert into queue_internal.event (job_id, at, event, detail)
    values (note_event.job_id, queue.now(), note_event.event, note_event.detail)
$$;

create or replace function queue_internal.events_of(job_id bigint)
returns table (at timestamptz, rank int, event text, attempt int, detail text)
language sql stable
as $$
    -- A job that was canceled while it was blocked was released at that very instant.
    with waited as materialized (
        select b.* from queue_internal.blocked as b where b.job_id = events_of.job_id
    ),
    told as materialized (
        select c.canceled_at as at, 'canceled' as event, null::int as attempt, null::text as detail
        from queue_internal.canceled as c
        where c.job_id = events_of.job_id
        union all
        select d.dead_at, 'dead', d.attempts, concat_ws(': ', d.reason_code, d.error_code)
        from queue_internal.dead_letter as d
        where d.job_id = events_of.job_id
        union all
        select e.at, e.event, e.attempt, e.detail from queue_internal.event as e where e.job_id = events_of.job_id
    )
    select t.at, 4, t.event, t.attempt, coalesce(t.detail, 'job ' || w.failed_parent || ' is dead or canceled')
    from told as t
    left join waited as w on t.event = 'canceled' and w.released_at = t.at
    union all
    select w.blocked_at, 0, 'blocked', null, format('until %s jobs have ended: %s%s', w.parents,
        array_to_string(w.first_parents, ', '), case when w.parents > cardinality(w.first_parents) then ', …' end)
    from waited as w
    union all
    select w.released_at, 1, 'unblocked', null, null
    from waited as w
    where w.released_at is not null
        and not exists (select from told as t where t.event = 'canceled' and t.at = w.released_at)
    union all
    select r.replayed_at, 5, 'replayed', null, 'as job ' || r.replayed_as
    from queue_internal.replay as r
    where r.job_id = events_of.job_id
$$;

create or replace function queue_internal.prune_events(max_rows int)
returns int
language plpgsql volatile
as $$
-- Forgets events of jobs that are gone, and of a job that is changed again and again all but the last hundred. Looks at
-- max_rows from a random block on: most have to stay, and a job that has many is come across often.
declare
    v_from tid := queue_internal.block_start(floor(random()
        * (pg_relation_size('queue_internal.event') / current_setting('block_size')::int))::bigint);
    v_count int;
begin
    delete from queue_internal.event as e
    where e.ctid = any (array(
        select o.ctid
        from (
            select n.ctid, n.job_id, n.at
            from queue_internal.event as n
            where n.ctid >= v_from
            limit max_rows
        ) as o
        where o.at < (select queue.now()) - interval '1 hour'
                and not exists (select from queue_internal.delivery as d where d.job_id = o.job_id)
            or (select l.at from queue_internal.event as l
                where l.job_id = o.job_id and l.at > o.at order by l.at offset 99 limit 1) is not null));
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
