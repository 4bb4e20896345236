-- queue.list_queues: the queues that exist, and their options.
\ir ../support/common.sql
select plan(6);

select is_empty($$ select * from queue.list_queues() $$, 'no queue at first');

select queue.create_queue('made', '{"max_attempts": 3}');
select queue.enqueue('used', 'k') is null as x \gset
select results_eq($$ select queue from queue.list_queues() $$, $$ values ('made'), ('used') $$,
    'queues that were created and queues that were enqueued into, by name');
select is((select options -> 'max_attempts' from queue.list_queues() where queue = 'made'), '3', 'a queue''s own option');
select is((select options from queue.list_queues() where queue = 'used'),
    (select options || '{"max_attempts": 25}' from queue.list_queues() where queue = 'made'), 'the others are the defaults');

select queue.pause_queue('used');
select results_eq($$ select paused from queue.list_queues() $$, $$ values (false), (true) $$, 'which are paused');

select queue.drop_queue('used', force => true);
select results_eq($$ select queue from queue.list_queues() $$, $$ values ('made') $$, 'a dropped queue is gone');

select * from finish();
