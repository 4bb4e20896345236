-- What the tests share; each file reads it with \ir before its plan.
\set QUIET on
set client_min_messages = warning;

-- How a statement was refused: 'SQLSTATE | message | hint'; 'no error' when it was not.
create function pg_temp.refusal(statement text) returns text language plpgsql as $$
declare
    v_state text;
    v_message text;
    v_hint text;
begin
    execute statement;
    return 'no error';
exception when others then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text, v_hint = pg_exception_hint;
    return concat_ws(' | ', v_state, v_message, nullif(v_hint, ''));
end
$$;

-- A job as it is now, also when this statement has changed it; all null for an unknown one.
create function pg_temp.job(id bigint) returns queue.job volatile language plpgsql as $$
declare
    v_job queue.job;
begin
    select j.* into v_job from queue.get_job(id) as j;
    return v_job;
end
$$;

-- The state of a job, or 'unknown'.
create function pg_temp.state(job bigint) returns text volatile language plpgsql as $$
begin
    return coalesce((pg_temp.job(job)).state, 'unknown');
end
$$;

-- A job's attempts in order, as 'number outcome', comma-separated.
create function pg_temp.story(job bigint) returns text volatile language plpgsql as $$
begin
    return (select string_agg(a.attempt || ' ' || a.outcome, ', ' order by a.finished_at)
        from queue.attempt as a where a.job_id = job);
end
$$;

-- Seconds from now until a job's run_at.
create function pg_temp.wait_of(job bigint) returns numeric volatile language plpgsql as $$
begin
    return extract(epoch from (pg_temp.job(job)).run_at - clock_timestamp());
end
$$;

-- Claims one job; settle it with (job, token).
create function pg_temp.take(queue_name text, out job bigint, out token bigint, out attempt int) language sql as $$
    select c.job_id, c.lease_token, c.attempt from queue.claim_batch(queue_name, 'w') as c
$$;
