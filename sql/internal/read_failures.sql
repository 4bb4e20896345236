create or replace function queue_internal.refuse_failures(failures jsonb)
returns void
language plpgsql stable
as $$
-- Raises 22023 and names the first bad element, one of which there is.
declare
    v_known constant text[] := array['job_id', 'lease_token', 'error_code', 'error_message', 'retry_in', 'permanent'];
    v_one jsonb;
    v_place int;
    v_unknown text;
    v_message text;
    v_hint text;
begin
    for v_one, v_place in select e.value, e.place from jsonb_array_elements(failures) with ordinality as e (value, place) loop
        if jsonb_typeof(v_one) <> 'object' then
            raise exception 'no object but a %', jsonb_typeof(v_one)
                using errcode = '22023', hint = 'for example {"job_id": 1, "lease_token": 2, "error_code": "TIMEOUT"}';
        end if;
        select min(k.key) into v_unknown from jsonb_object_keys(v_one) as k (key) where k.key <> all (v_known);
        if v_unknown is not null then
            raise exception 'unknown key %', queue_internal.shown(v_unknown)
                using errcode = '22023', hint = 'known keys: ' || array_to_string(v_known, ', ');
        end if;
        if (v_one ->> 'job_id')::bigint is null or (v_one ->> 'lease_token')::bigint is null then
            raise exception 'job_id and lease_token are needed' using errcode = '22023';
        end if;
        perform queue_internal.check_span('retry_in', (v_one ->> 'retry_in')::interval, '0', '10 years'),
            (v_one ->> 'permanent')::boolean;
    end loop;
exception
    when data_exception then
        get stacked diagnostics v_message = message_text, v_hint = pg_exception_hint;
        raise exception 'element %: %', v_place, left(v_message, 500)
            using errcode = '22023', hint = concat_ws('; ', nullif(v_hint, ''), 'nothing of the batch was settled');
end
$$;

create or replace function queue_internal.read_failures(failures jsonb)
returns table (
    job_id bigint,
    lease_token bigint,
    error_code text,
    error_message text,
    retry_in interval,
    permanent boolean
)
language plpgsql stable
as $$
-- The elements of fail_batch, checked all at once: one by one takes four times as long. Raises 22023.
declare
    v_known constant text[] := array['job_id', 'lease_token', 'error_code', 'error_message', 'retry_in', 'permanent'];
begin
    if failures is null or jsonb_typeof(failures) <> 'array' then
        raise exception 'failures must be a JSON array of objects'
            using errcode = '22023', hint = 'for example [{"job_id": 1, "lease_token": 2, "error_code": "TIMEOUT"}]';
    end if;
    begin
        return query
        select r.*
        from jsonb_to_recordset(failures) as r (job_id bigint, lease_token bigint, error_code text, error_message text,
            retry_in interval, permanent boolean);
        if not exists (
            select
            from rows from (jsonb_array_elements(failures), jsonb_to_recordset(failures) as (job_id bigint,
                lease_token bigint, retry_in interval)) as r (element, job_id, lease_token, retry_in)
            where r.element - v_known <> '{}' or r.job_id is null or r.lease_token is null
                or r.retry_in not between '0' and '10 years'
        ) then
            return;
        end if;
    exception
        when data_exception then
            null;
    end;
    perform queue_internal.refuse_failures(failures);
    raise exception 'failures were refused, and no element is bad' using errcode = 'internal_error';
end
$$;
