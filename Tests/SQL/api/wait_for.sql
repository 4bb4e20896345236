-- queue.wait_for: returns when a job has ended, or at the timeout.
\ir ../support/common.sql
select plan(9);

select queue.enqueue('q', 'k') as id \gset
select clock_timestamp() as began \gset
select is(queue.wait_for(:id, '300 milliseconds'), 'ready', 'at the timeout the state is what it is');
select cmp_ok(clock_timestamp() - :'began'::timestamptz, '>=', interval '300 milliseconds', 'after the timeout');
select is(queue.wait_for(:id, '0'), 'ready', 'without a wait');
select queue.cancel(:id) is null as x \gset
select is(queue.wait_for(:id, null), 'canceled', 'a job that has ended is not waited for');
select is(pg_temp.refusal('select queue.wait_for(999999)'),
    '42704 | job 999999 does not exist | it may have been pruned: see the queue''s retention_finished', 'an unknown job is refused');
select is(pg_temp.refusal('select queue.wait_for(null)'),
    '42704 | job null does not exist | it may have been pruned: see the queue''s retention_finished', 'and null');
select is(pg_temp.refusal($$ select queue.wait_for(1, '2 hours') $$),
    '22023 | timeout 02:00:00 is out of range | use 00:00:00 to 01:00:00', 'and a long timeout');
select is(pg_temp.refusal($$ select queue.wait_for(1, '-1 second') $$),
    '22023 | timeout -00:00:01 is out of range | use 00:00:00 to 01:00:00', 'and a negative one');
begin isolation level repeatable read;
select is(pg_temp.refusal(format('select queue.wait_for(%s)', :id)), '55000 | wait_for sees no change in isolation level '
    || 'repeatable read | call it in READ COMMITTED, in a transaction of its own', 'and a snapshot that would not change');
commit;

select * from finish();
