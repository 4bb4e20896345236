-- The exposition format of Prometheus.

create or replace function queue_internal.metric(name text, kind text, help text, samples text[])
returns text
language sql immutable
as $$
    -- One family of the exposition format: what it is, then a line for each sample.
    select format(E'# HELP %1$s %2$s\n# TYPE %1$s %3$s\n%4$s', name, help, kind,
        (select coalesce(string_agg(format(E'%s%s\n', name, s.sample), '' order by s.place), '')
         from unnest(samples) with ordinality as s (sample, place)))
$$;

create or replace function queue_internal.metric_sample(labels text[], value numeric)
returns text
language sql immutable
as $$
    -- Labels come as name, value, name, value; backslash, quote and line feed are escaped as the format demands.
    select format('{%s} %s',
        (select string_agg(format('%s="%s"', labels[n],
            replace(replace(replace(labels[n + 1], '\', '\\'), '"', '\"'), E'\n', '\n')), ',' order by n)
         from generate_series(1, cardinality(labels), 2) as n), value)
$$;
