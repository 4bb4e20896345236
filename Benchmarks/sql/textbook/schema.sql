-- What a careful team writes by itself: one table, one partial index, SKIP LOCKED, rows deleted when done.
create table jobs (
    id bigserial primary key,
    queue text not null,
    kind text not null,
    payload jsonb,
    state text not null default 'ready',
    priority int not null default 0,
    run_at timestamptz not null default now(),
    attempt int not null default 0,
    leased_until timestamptz,
    worker text
);
create index jobs_ready on jobs (queue, priority desc, run_at, id) where state = 'ready';

-- The settings pin the plan that the index is made for.
create function jobs_claim(max_jobs int) returns setof jobs
language plpgsql
set enable_seqscan = off
set enable_bitmapscan = off
set plan_cache_mode = force_generic_plan
set jit = off
as $$
begin
    return query
    with chosen as (
        select id from jobs
        where queue = 'bench' and state = 'ready' and run_at <= now()
        order by priority desc, run_at, id
        limit max_jobs for update skip locked
    )
    update jobs as j
    set state = 'running', attempt = attempt + 1, leased_until = now() + interval '1 minute', worker = 'w'
    from chosen as c where j.id = c.id
    returning j.*;
end
$$;

create function jobs_done(ids bigint[]) returns void
language plpgsql
as $$
begin
    delete from jobs where id = any (ids);
end
$$;
