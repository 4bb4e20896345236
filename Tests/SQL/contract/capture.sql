-- No function of the owner's can be made to run somebody else's code: a caller's search_path, operators, functions,
-- temporary tables and types have no say in it.
\ir ../support/common.sql
select plan(6);

create role trapper;
grant queue_operator to trapper;
create schema trap authorization trapper;
grant create, temporary on database :DBNAME to trapper;

-- What a trap does: it tells when it runs as anybody but the one who set it.
set role trapper;
create function trap.spring() returns void language plpgsql as $$
begin
    if current_user <> 'trapper' then
        raise exception 'captured as %', current_user using errcode = 'TRAP1';
    end if;
end
$$;

-- Functions of the names that the engine's bodies use, for every type they may come with.
do $$
declare
    v_name text;
    v_type text;
begin
    foreach v_type in array array['text', 'bigint', 'int', 'jsonb', 'timestamptz', 'interval', 'xid8', 'pg_snapshot'] loop
        foreach v_name in array array['=', '<>', '<', '>', '<=', '>=', '+', '-', '||', '->>'] loop
            begin
                execute format('create function trap.%I(a %s, b %2$s) returns boolean language plpgsql
                    as ''begin perform trap.spring(); return true; end''', 'op ' || v_name, v_type);
                execute format('create operator trap.%s (leftarg = %s, rightarg = %2$s, function = trap.%I)',
                    v_name, v_type, 'op ' || v_name);
            exception
                when duplicate_function then null;
            end;
        end loop;
        foreach v_name in array array['length', 'btrim', 'octet_length', 'jsonb_typeof', 'isfinite', 'nextval', 'md5',
            'pg_try_advisory_xact_lock', 'ascii', 'to_jsonb'] loop
            execute format('create function trap.%I(a %s) returns bigint language plpgsql
                as ''begin perform trap.spring(); return 1; end''', v_name, v_type);
        end loop;
    end loop;
    foreach v_name in array array['now', 'clock_timestamp', 'pg_current_snapshot', 'random', 'pg_current_xact_id'] loop
        execute format('create function trap.%I() returns timestamptz language plpgsql
            as ''begin perform trap.spring(); return null; end''', v_name);
        execute format('create function pg_temp.%I() returns timestamptz language plpgsql
            as ''begin perform trap.spring(); return null; end''', v_name);
    end loop;
end
$$;

-- Tables of the engine's names, with triggers that spring; a domain whose check does; and a cast.
create function trap.fire() returns trigger language plpgsql as $$ begin perform trap.spring(); return new; end $$;
do $$
declare
    v_table text;
begin
    foreach v_table in array array['delivery', 'claim', 'attempt', 'lane', 'queue', 'rotation', 'dead_letter', 'job'] loop
        execute format('create temporary table %I (like pg_catalog.pg_class)', v_table);
        execute format('create trigger t before insert or update on pg_temp.%I for each row execute function trap.fire()',
            v_table);
    end loop;
end
$$;
create function trap.holds(value text) returns boolean language plpgsql as $$
begin
    perform trap.spring();
    return true;
end
$$;
create domain trap.name as text check (trap.holds(value));

reset role;
-- The trap works: a definer with no search_path of its own steps into it.
create function trap.careless() returns timestamptz language sql security definer as 'select now()';
grant execute on function trap.careless() to trapper;
create temporary table named on commit preserve rows as
select p.oid, p.proname,
    format('select * from queue.%I(%s)', p.proname, (
        select string_agg(format('%I => %s', p.proargnames[a.place], case
            when p.proargnames[a.place] = 'timeout' then quote_literal('0') || '::interval'
            else case format_type(a.type, null)
                when 'text' then case p.proargnames[a.place] when 'cron' then '''@daily''' when 'state' then '''ready'''
                    when 'timezone' then '''UTC''' when 'catch_up' then '''none''' else '''q''::trap.name' end
                when 'jsonb' then case p.proargnames[a.place] when 'jobs' then '''[{"kind": "k"}]''::jsonb'
                    when 'failures' then '''[{"job_id": 1, "lease_token": 1, "error_code": "E"}]''::jsonb'
                    else '''{}''::jsonb' end
                when 'jsonb[]' then 'array[''1'']::jsonb[]'
                when 'text[]' then 'array[''q'']'
                when 'bigint[]' then 'array[1]::bigint[]'
                when 'interval' then '''1 minute''::interval'
                when 'boolean' then 'false'
                when 'timestamp with time zone' then 'pg_catalog.now()'
                else '1' end end), ', ' order by a.place)
        from unnest(p.proargtypes) with ordinality as a (type, place))) as call
from pg_proc as p
where p.pronamespace = 'queue'::regnamespace and p.prokind = 'f';
grant select on named to trapper;

create function pg_temp.outcomes() returns table (function name, outcome text) language plpgsql as $$
declare
    v_one record;
begin
    for v_one in select n.proname, n.call from pg_temp.named as n order by n.proname <> 'create_queue', n.proname loop
        function := v_one.proname;
        outcome := pg_temp.refusal(v_one.call);
        return next;
    end loop;
end
$$;

create function pg_temp.whole_life() returns text language plpgsql as $$
declare
    v_job record;
begin
    perform queue.enqueue('life'::trap.name, 'k'::trap.name, '{}', unique_key => 'u'::trap.name);
    select * into v_job from queue.claim_batch('life', 'w');
    perform queue.heartbeat(array[v_job.job_id], array[v_job.lease_token]);
    perform queue.fail(v_job.job_id, v_job.lease_token, 'E', permanent => true);
    perform queue.retry(v_job.job_id);
    select * into v_job from queue.claim_batch('life', 'w');
    return queue.complete(v_job.job_id, v_job.lease_token);
end
$$;

-- Under the trapper's search_path nothing is compared here: the results are looked at afterwards.
set role trapper;
set search_path = trap, pg_temp, pg_catalog, public;
create temporary table careless as select pg_temp.refusal('select trap.careless()') as outcome;
create temporary table outcomes as select * from pg_temp.outcomes();
create temporary table life as select pg_temp.whole_life() as verdict;
reset role;
reset search_path;

select matches((select outcome from careless), '^TRAP1', 'a careless definer is captured');
select is_empty($$ select * from outcomes where outcome like '%TRAP1%' $$, 'no public function is');
select is_empty($$ select n.proname from named as n where not exists (
    select from outcomes as o where o.function = n.proname) $$, 'each of them was called');
select is_empty($$ select * from outcomes where outcome ~ '^(42883|42601|42804|42P01|XX000)' $$, 'and could be');
select cmp_ok((select count(*) from outcomes where outcome = 'no error'), '>', (select count(*) / 2 from outcomes),
    'most did something');
select is((select verdict from life), 'ok', 'a job''s whole life goes by under that search_path');

select * from finish();
