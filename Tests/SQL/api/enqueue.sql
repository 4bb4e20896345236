-- queue.enqueue: what it keeps, its defaults, and what the caller's transaction has to do with it.
\ir ../support/common.sql
select plan(26);

select queue.enqueue('mail', 'welcome') as id \gset
select ok(:id > 0, 'enqueue returns a job id');
select results_eq(
    format('select queue, kind, state, attempt, max_attempts, priority from queue.get_job(%s)', :id),
    $$ values ('mail', 'welcome', 'ready', 0, 25, 0) $$, 'a job has the documented defaults');
select results_eq(
    format('select payload, headers, result, unique_key, group_key, replay_of from queue.get_job(%s)', :id),
    $$ values ('{}'::jsonb, null::jsonb, null::jsonb, null::text, null::text, null::bigint) $$,
    'what was not given is an empty payload and nulls');
select ok(
    (select enqueued_at between clock_timestamp() - interval '1 minute' and clock_timestamp() from queue.get_job(:id)),
    'enqueued_at is the time of the call');
select is((select run_at from queue.get_job(:id)), (select enqueued_at from queue.get_job(:id)),
    'a job without run_at is due when it is enqueued');

select queue.enqueue(
    queue => 'mail', kind => 'bill', payload => '{"to": "a@example.org"}', run_at => '2000-01-01Z', priority => 7,
    max_attempts => 3, unique_key => 'bill-1', group_key => 'customer-9', headers => '{"trace": "t1"}') as full_id \gset
select results_eq(
    format('select queue, kind, state, max_attempts, priority, payload, headers, unique_key, group_key '
        'from queue.get_job(%s)', :full_id),
    $$ values ('mail', 'bill', 'ready', 3, 7, '{"to": "a@example.org"}'::jsonb, '{"trace": "t1"}'::jsonb,
        'bill-1', 'customer-9') $$, 'each named parameter is kept');
select isnt(:full_id, :id, 'each job has an id of its own');
select ok(:full_id > :id, 'ids rise');

select queue.enqueue('mail', 'later', run_at => now() + interval '1 hour') as later \gset
select is(pg_temp.state(:later), 'scheduled', 'a job whose run_at lies ahead is scheduled');
select ok(pg_temp.wait_of(:later) between 3590 and 3600, 'run_at is kept');

-- Odd but good input
select is((pg_temp.job(queue.enqueue('odd', 'k', null))).payload, '{}', 'a null payload is an empty one');
select is((pg_temp.job(queue.enqueue('odd', 'k', 'null'))).payload, 'null', 'a JSON null is kept');
select is((pg_temp.job(queue.enqueue('odd', 'k', '[1, "two"]'))).payload, '[1, "two"]', 'an array is kept');
select is((pg_temp.job(queue.enqueue('odd', 'k', '"ü 漢 🦔"'))).payload, '"ü 漢 🦔"', 'text of any script is kept');
select queue.enqueue('odd', 'k', to_jsonb(repeat('x', 200000))) as big \gset
select is((select length(payload #>> '{}') from queue.get_job(:big)), 200000, 'a payload of 200 kB is kept');
select is((pg_temp.job(queue.enqueue(repeat('ü', 200), 'k'))).queue, repeat('ü', 200),
    'a queue name of 200 characters is kept');
select is((pg_temp.job(queue.enqueue('odd', repeat('k', 200)))).kind, repeat('k', 200),
    'a kind of 200 characters is kept');
select is((pg_temp.job(queue.enqueue(' a''b"c%s\ ', 'k'))).queue, ' a''b"c%s\ ',
    'quotes, percent signs and spaces in a name are kept');
select is((select array_agg(priority) from (
    select (pg_temp.job(queue.enqueue('odd', 'k', priority => p))).priority from unnest(array[-100, 100]) as p) as x),
    array[-100, 100], 'both ends of the priorities are good');
select is((pg_temp.job(queue.enqueue('odd', 'k', max_attempts => 10000))).max_attempts, 10000,
    'max_attempts may be 10000');
select is((pg_temp.job(queue.enqueue('odd', 'k', max_attempts => 1))).max_attempts, 1,
    'max_attempts may be 1');

-- The caller's transaction
begin;
select queue.enqueue('undone', 'k') as undone \gset
rollback;
select is(pg_temp.state(:undone), 'unknown', 'a job whose transaction rolled back never was');
select is_empty($$ select * from queue.claim_batch('undone', 'w') $$, 'and is handed out to nobody');

begin;
savepoint a;
select queue.enqueue('saved', 'lost') as lost \gset
rollback to a;
select queue.enqueue('saved', 'kept') as kept \gset
commit;
select is(pg_temp.state(:lost), 'unknown', 'a savepoint rolled back takes its job along');
select results_eq($$ select job_id from queue.claim_batch('saved', 'w', 10) $$, array[:kept]::bigint[],
    'what was enqueued after it is handed out');
select is_empty($$ select * from queue.claim_batch('saved', 'w', 10) $$, 'once');

select * from finish();
