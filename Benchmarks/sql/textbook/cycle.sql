insert into jobs (queue, kind, payload)
select 'bench', 'k', '{"n": 1, "a": "0123456789012345678901234567890123456789012345678901234567890123456789"}'
from generate_series(1, :batch);
select coalesce(array_agg(id), '{}') as ids from jobs_claim(:batch) \gset
select jobs_done(:ids);
