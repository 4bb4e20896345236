-- Nothing of a lower priority is handed out while something of a higher one is left, whatever lanes it is in.
\ir ../support/common.sql
select plan(4);

-- a lane for what came at once, and one for what had to wait for its time
select queue.create_queue('due', '{"notify": false, "stripes": 1}');
select queue.enqueue('due', 'k', '1', priority => 9) is null as x \gset
select queue.enqueue('due', 'k', '2', priority => 9, run_at => now() + interval '50 milliseconds') is null as x \gset
select pg_sleep(0.1) is null as x \gset
select count(*) as x from queue.enqueue_batch('due', 'k', array_fill('"low"'::jsonb, array[20])) \gset
select queue.enqueue('due', 'k', '3', priority => 9) is null as x \gset
select results_eq($$ select payload #>> '{}' from queue.claim_batch('due', 'w', 5) $$, array['1', '2', '3', 'low', 'low'],
    'not while the lane stops before an older job of another lane');

-- two stripes, each with jobs that are older than what the other still has
select queue.create_queue('stripes', '{"notify": false, "stripes": 2}');
create procedure pg_temp.fill(first int) language plpgsql as $$
begin
    perform count(nextval('queue_internal.job_id')) from generate_series(1, 256);  -- the next stripe's turn
    perform queue.enqueue('stripes', 'k', to_jsonb(n), priority => 9) from generate_series(first, first + 2) as n;
end
$$;
call pg_temp.fill(1);
call pg_temp.fill(4);
call pg_temp.fill(7);
select count(*) as x from queue.enqueue_batch('stripes', 'k', array_fill('"low"'::jsonb, array[20])) \gset
select is((select count(distinct d.lane) from queue_internal.delivery as d where d.queue = 'stripes' and d.priority = 9), 2::bigint,
    'there are two lanes');
select results_eq($$ select payload #>> '{}' from queue.claim_batch('stripes', 'w', 8) $$,
    $$ select n::text from generate_series(1, 8) as n $$, 'nor while it has jobs behind those of another stripe');
select results_eq($$ select payload #>> '{}' from queue.claim_batch('stripes', 'w', 2) $$, array['9', 'low'],
    'what is left comes first');

select * from finish();
