-- What a call reads, in buffers found in memory: the least of so many calls. One that plans, at first or after autovacuum has
-- been there, reads the catalogue too.
create function pg_temp.buffers(call text, calls int default 1) returns bigint volatile language plpgsql as $$
declare
    v_plan json;
    v_least bigint;
begin
    for v_call in 1 .. calls loop
        execute 'explain (analyze, buffers, timing off, format json) ' || call into v_plan;
        v_least := least(v_least, (v_plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint);
    end loop;
    return v_least;
end
$$;
