-- As many come as go: the depth stays what it was
select count(*) from queue.enqueue_batch('bench', 'k',
    array_fill('{"n": 1, "a": "0123456789012345678901234567890123456789012345678901234567890123456789"}'::jsonb, array[:batch::int]));
select coalesce(array_agg(job_id), '{}') as ids, coalesce(array_agg(lease_token), '{}') as tokens
from queue.claim_batch('bench', 'w', :batch) \gset
select count(*) from queue.complete_batch(:ids, :tokens);
