insert into jobs (queue, kind, payload)
select 'bench', 'k', jsonb_build_object('n', n, 'a', repeat('0123456789', 7)) from generate_series(1, :jobs) as n;
