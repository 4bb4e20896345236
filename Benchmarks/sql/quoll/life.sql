-- One claim and its settlement: two transactions, :batch jobs
select coalesce(array_agg(job_id), '{}') as ids, coalesce(array_agg(lease_token), '{}') as tokens
from queue.claim_batch('bench', 'w', :batch) \gset
select count(*) from queue.complete_batch(:ids, :tokens);
