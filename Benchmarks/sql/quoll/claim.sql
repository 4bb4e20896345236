select count(*) from queue.claim_batch('bench', 'w', :batch);
