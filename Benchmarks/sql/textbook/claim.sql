select count(*) from jobs_claim(:batch);
