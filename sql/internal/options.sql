create or replace function queue_internal.preset(name text)
returns jsonb
language plpgsql immutable
as $$
-- Retry policies of other systems, by name; null for an unknown one.
begin
    return case name
        when 'postgresflow' then jsonb '{"backoff_base": "2 seconds", "backoff_factor": 2,
            "backoff_cap": "15 minutes", "backoff_jitter": 0.2, "max_attempts": 25}'
        when 'reflex' then jsonb '{"backoff_base": "1 second", "backoff_factor": 2,
            "backoff_cap": "1 minute", "backoff_jitter": 0, "max_attempts": 3}'
        when 'osa' then jsonb '{"backoff_base": "5 seconds", "backoff_factor": 5,
            "backoff_cap": "30 seconds", "backoff_jitter": 0, "max_attempts": 3}'
        when 'hotmesh' then jsonb '{"backoff_base": "1 second", "backoff_factor": 10,
            "backoff_cap": "2 minutes", "backoff_jitter": 0, "max_attempts": 3}'
    end;
end
$$;

create or replace function queue_internal.option_value(options jsonb, key text, kind regtype)
returns text
language plpgsql stable
as $$
-- One option as text that casts to the type kind; null when it is not given. Raises 22023 for a wrong type.
declare
    v_value jsonb := options -> key;
    v_text text := options ->> key;
begin
    if v_text is null then
        return null;
    end if;
    if kind = 'boolean'::regtype and jsonb_typeof(v_value) = 'boolean'
        or kind in ('smallint'::regtype, 'integer'::regtype, 'double precision'::regtype) and jsonb_typeof(v_value) = 'number'
        or kind in ('interval'::regtype, 'text'::regtype) and jsonb_typeof(v_value) = 'string'
    then
        if kind = 'smallint'::regtype and (v_text::numeric <> trunc(v_text::numeric)
            or abs(v_text::numeric) > 32767)
            or kind = 'integer'::regtype and (v_text::numeric <> trunc(v_text::numeric)
            or abs(v_text::numeric) > 2147483647)
            or kind = 'double precision'::regtype and abs(v_text::numeric) > 1e6
        then
            raise exception 'option % is out of range', queue_internal.shown(key)
                using errcode = '22023', hint = format('its type is %s', kind);
        end if;
        if kind = 'interval'::regtype then
            perform v_text::interval;
        end if;
        return v_text;
    end if;
    raise exception 'option % must be of type %', queue_internal.shown(key), kind
        using errcode = '22023',
            hint = case kind
                when 'interval'::regtype then 'for example "30 seconds"'
                when 'boolean'::regtype then 'true or false, without quotes'
                when 'text'::regtype then 'a JSON string'
                else 'a JSON number, without quotes'
            end;
exception
    when invalid_datetime_format or datetime_field_overflow or interval_field_overflow
        or invalid_text_representation then
        raise exception 'option % is no interval: %', queue_internal.shown(key), queue_internal.shown(v_text)
            using errcode = '22023', hint = 'for example "30 seconds"';
end
$$;

create or replace function queue_internal.check_options(options queue_internal.queue)
returns void
language plpgsql stable
as $$
begin
    if not (options.priority between -100 and 100
        and options.stripes between 1 and 16
        and options.max_attempts between 1 and 10000
        and options.max_lost between 1 and 10000
        and options.backoff_factor between 1 and 100
        and options.backoff_jitter between 0 and 1
        and options.max_payload_bytes between 0 and 1073741823
        and options.max_enqueues_per_minute between 0 and 1000000000
        and 0 <= all (array[options.max_in_flight, options.max_in_flight_per_group, options.max_starts,
            options.max_starts_burst, options.max_starts_per_group, options.max_starts_per_group_burst,
            options.max_retries])
        and 1000000 >= all (array[options.max_in_flight, options.max_in_flight_per_group, options.max_starts,
            options.max_starts_burst, options.max_starts_per_group, options.max_starts_per_group_burst,
            options.max_retries]))
    then
        raise exception 'an option is out of range'
            using errcode = '22023',
                hint = 'priority -100 to 100, stripes 1 to 16, max_attempts and max_lost 1 to 10000, '
                    'backoff_factor 1 to 100, backoff_jitter 0 to 1, max_payload_bytes 0 to 1073741823, '
                    'max_enqueues_per_minute 0 to 1000000000, max_in_flight, max_starts and '
                    'max_retries, also per group and as burst, 0 to 1000000';
    end if;
    if options.history not in ('attempts', 'receipts') then
        raise exception 'option ''history'' must be attempts or receipts, not %', queue_internal.shown(options.history)
            using errcode = '22023', hint = 'receipts: one row for all that a call settles of a claim as succeeded';
    end if;
    if options.fair and options.ordered then
        raise exception 'a queue cannot be both fair and ordered'
            using errcode = '22023', hint = 'an ordered queue has one job of a group in flight: that is a share for each';
    end if;
    perform queue_internal.check_span('lease', options.lease, '100 milliseconds', '1 year');
    perform queue_internal.check_span('starts_period', options.starts_period, '1 second', '1 year');
    perform queue_internal.check_span('backoff_base', options.backoff_base, '0', '1 year');
    perform queue_internal.check_span('backoff_cap', options.backoff_cap, '0', '1 year');
    perform queue_internal.check_span('retention_finished', options.retention_finished, '0', '100 years');
    perform queue_internal.check_span('retention_attempts', options.retention_attempts, '0', '100 years');
    perform queue_internal.check_span('retention_dead', options.retention_dead, '0', '100 years');
    perform queue_internal.check_span('retention_archive', options.retention_archive, '0', '100 years');
    perform queue_internal.check_span('retention_decisions', options.retention_decisions, '0', '100 years');
end
$$;

create or replace function queue_internal.check_weights(weights jsonb)
returns jsonb
language plpgsql immutable
as $$
-- Weights of groups; null takes them back. Raises 22023.
begin
    if weights = 'null' then
        return jsonb '{}';
    elsif jsonb_typeof(weights) <> 'object' or exists (
        select from jsonb_each_text(weights) as w
        where w.value is null or w.value !~ '^[0-9]{1,2}$' or w.value::int = 0)
    then
        raise exception 'fair_weights must be an object of weights from 1 to 99'
            using errcode = '22023', hint = 'for example {"a large customer": 5}; a group that is not named has 1';
    end if;
    return weights;
end
$$;

create or replace function queue_internal.apply_options(base queue_internal.queue, options jsonb)
returns queue_internal.queue
language plpgsql stable
as $$
-- The options base with those of the document applied; a preset first. Raises 22023, naming an unknown key.
declare
    v_known constant text[] := array['preset', 'paused', 'notify', 'priority', 'stripes', 'max_attempts', 'max_lost',
        'lease', 'backoff_base', 'backoff_factor', 'backoff_cap', 'backoff_jitter', 'retention_finished',
        'retention_attempts', 'retention_dead',
        'permanent_codes', 'retention_decisions', 'archive', 'retention_archive',
        'max_payload_bytes', 'max_enqueues_per_minute', 'max_in_flight', 'max_in_flight_per_group',
        'max_starts', 'max_starts_burst', 'max_starts_per_group', 'max_starts_per_group_burst', 'max_retries', 'starts_period',
        'ordered', 'retry_blocks', 'strict_routing', 'fair', 'fair_weights', 'history'];
    v_unknown text;
    v_o jsonb := coalesce(options, '{}');
begin
    if jsonb_typeof(v_o) <> 'object' then
        raise exception 'options must be a JSON object, not %', jsonb_typeof(v_o)
            using errcode = '22023', hint = 'for example {"max_attempts": 5}';
    end if;
    select min(k.key) into v_unknown from jsonb_object_keys(v_o) as k (key) where k.key <> all (v_known);
    if v_unknown is not null then
        raise exception 'unknown queue option %', queue_internal.shown(v_unknown)
            using errcode = '22023', hint = 'known options: ' || array_to_string(v_known, ', ');
    end if;
    if v_o ? 'preset' then
        if queue_internal.preset(v_o ->> 'preset') is null then
            raise exception 'unknown preset %', queue_internal.shown(v_o ->> 'preset')
                using errcode = '22023', hint = 'known presets: postgresflow, reflex, osa, hotmesh';
        end if;
        v_o := queue_internal.preset(v_o ->> 'preset') || v_o;
    end if;
    if v_o ? 'permanent_codes' and (jsonb_typeof(v_o -> 'permanent_codes') <> 'array'
        or v_o -> 'permanent_codes' @? '$[*] ? (@.type() != "string")') then
        raise exception 'option ''permanent_codes'' must be an array of texts'
            using errcode = '22023', hint = 'for example ["BAD_PAYLOAD"]';
    end if;
    base.paused := coalesce(queue_internal.option_value(v_o, 'paused', 'boolean')::boolean, base.paused);
    base.notify := coalesce(queue_internal.option_value(v_o, 'notify', 'boolean')::boolean, base.notify);
    base.priority := coalesce(queue_internal.option_value(v_o, 'priority', 'smallint')::smallint, base.priority);
    base.stripes := coalesce(queue_internal.option_value(v_o, 'stripes', 'smallint')::smallint, base.stripes);
    base.max_attempts := coalesce(
        queue_internal.option_value(v_o, 'max_attempts', 'smallint')::smallint, base.max_attempts);
    base.max_lost := coalesce(queue_internal.option_value(v_o, 'max_lost', 'smallint')::smallint, base.max_lost);
    base.lease := coalesce(queue_internal.option_value(v_o, 'lease', 'interval')::interval, base.lease);
    base.backoff_base := coalesce(
        queue_internal.option_value(v_o, 'backoff_base', 'interval')::interval, base.backoff_base);
    base.backoff_factor := coalesce(
        queue_internal.option_value(v_o, 'backoff_factor', 'double precision')::float8, base.backoff_factor);
    base.backoff_cap := coalesce(
        queue_internal.option_value(v_o, 'backoff_cap', 'interval')::interval, base.backoff_cap);
    base.backoff_jitter := coalesce(
        queue_internal.option_value(v_o, 'backoff_jitter', 'double precision')::float8, base.backoff_jitter);
    base.retention_finished := coalesce(
        queue_internal.option_value(v_o, 'retention_finished', 'interval')::interval, base.retention_finished);
    base.retention_attempts := coalesce(
        queue_internal.option_value(v_o, 'retention_attempts', 'interval')::interval, base.retention_attempts);
    base.retention_dead := coalesce(
        queue_internal.option_value(v_o, 'retention_dead', 'interval')::interval, base.retention_dead);
    base.retention_decisions := coalesce(
        queue_internal.option_value(v_o, 'retention_decisions', 'interval')::interval, base.retention_decisions);
    base.archive := coalesce(queue_internal.option_value(v_o, 'archive', 'boolean')::boolean, base.archive);
    base.retention_archive := coalesce(
        queue_internal.option_value(v_o, 'retention_archive', 'interval')::interval, base.retention_archive);
    base.max_payload_bytes := coalesce(
        queue_internal.option_value(v_o, 'max_payload_bytes', 'integer')::int, base.max_payload_bytes);
    base.max_enqueues_per_minute := coalesce(
        queue_internal.option_value(v_o, 'max_enqueues_per_minute', 'integer')::int, base.max_enqueues_per_minute);
    base.max_in_flight := coalesce(
        queue_internal.option_value(v_o, 'max_in_flight', 'integer')::int, base.max_in_flight);
    base.max_in_flight_per_group := coalesce(
        queue_internal.option_value(v_o, 'max_in_flight_per_group', 'integer')::int, base.max_in_flight_per_group);
    base.max_starts := coalesce(queue_internal.option_value(v_o, 'max_starts', 'integer')::int, base.max_starts);
    base.max_starts_burst := coalesce(
        queue_internal.option_value(v_o, 'max_starts_burst', 'integer')::int, base.max_starts_burst);
    base.max_starts_per_group := coalesce(
        queue_internal.option_value(v_o, 'max_starts_per_group', 'integer')::int, base.max_starts_per_group);
    base.max_starts_per_group_burst := coalesce(
        queue_internal.option_value(v_o, 'max_starts_per_group_burst', 'integer')::int, base.max_starts_per_group_burst);
    base.max_retries := coalesce(queue_internal.option_value(v_o, 'max_retries', 'integer')::int, base.max_retries);
    base.starts_period := coalesce(
        queue_internal.option_value(v_o, 'starts_period', 'interval')::interval, base.starts_period);
    base.ordered := coalesce(queue_internal.option_value(v_o, 'ordered', 'boolean')::boolean, base.ordered);
    base.retry_blocks := coalesce(queue_internal.option_value(v_o, 'retry_blocks', 'boolean')::boolean, base.retry_blocks);
    base.strict_routing := coalesce(
        queue_internal.option_value(v_o, 'strict_routing', 'boolean')::boolean, base.strict_routing);
    base.fair := coalesce(queue_internal.option_value(v_o, 'fair', 'boolean')::boolean, base.fair);
    if v_o ? 'fair_weights' then
        base.fair_weights := queue_internal.check_weights(v_o -> 'fair_weights');
    end if;
    base.history := coalesce(queue_internal.option_value(v_o, 'history', 'text'), base.history);
    -- One lane keeps the order of enqueue; claims of a gated queue come one after the other anyway.
    base.stripes := case when base.ordered then 1 else base.stripes end;
    if v_o ? 'permanent_codes' then
        base.permanent_codes := array(select jsonb_array_elements_text(v_o -> 'permanent_codes'));
    end if;
    perform queue_internal.check_options(base);
    base.gated := base.gated or queue_internal.limits(base);
    return base;
end
$$;
