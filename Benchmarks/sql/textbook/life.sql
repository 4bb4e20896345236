select coalesce(array_agg(id), '{}') as ids from jobs_claim(:batch) \gset
select jobs_done(:ids);
