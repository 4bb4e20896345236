-- The installed version where the function that tells it is gone; for the owner only.
select version from queue_internal.installation order by installed_at desc limit 1;
