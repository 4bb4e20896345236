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
-- The elements of fail_batch, checked. Raises 22023 and names the first bad element.
declare
    v_known constant text[] := array['job_id', 'lease_token', 'error_code', 'error_message', 'retry_in', 'permanent'];
    v_one jsonb;
    v_place int;
    v_unknown text;
    v_message text;
begin
    if failures is null or jsonb_typeof(failures) <> 'array' then
        raise exception 'failures must be a JSON array of objects'
            using errcode = '22023', hint = 'for example [{"job_id": 1, "lease_token": 2, "error_code": "TIMEOUT"}]';
    end if;
    for v_one, v_place in select e.value, e.place from jsonb_array_elements(failures) with ordinality as e (value, place) loop
        if jsonb_typeof(v_one) <> 'object' then
            raise exception 'no object but a %', jsonb_typeof(v_one) using errcode = '22023';
        end if;
        select min(k.key) into v_unknown from jsonb_object_keys(v_one) as k (key) where k.key <> all (v_known);
        if v_unknown is not null then
            raise exception 'unknown key %', queue_internal.shown(v_unknown) using errcode = '22023';
        end if;
        job_id := (v_one ->> 'job_id')::bigint;
        lease_token := (v_one ->> 'lease_token')::bigint;
        if job_id is null or lease_token is null then
            raise exception 'job_id and lease_token are needed' using errcode = '22023';
        end if;
        error_code := v_one ->> 'error_code';
        error_message := v_one ->> 'error_message';
        retry_in := (v_one ->> 'retry_in')::interval;
        permanent := (v_one ->> 'permanent')::boolean;
        if retry_in is not null then
            perform queue_internal.check_span('retry_in', retry_in, '0', '10 years');
        end if;
        return next;
    end loop;
exception
    when data_exception then
        if v_place is null then
            raise;  -- no array at all
        end if;
        get stacked diagnostics v_message = message_text;
        raise exception 'element %: %', v_place, left(v_message, 500)
            using errcode = '22023', hint = 'nothing of the batch was settled';
end
$$;
