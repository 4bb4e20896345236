-- Who may call and read what: the whole matrix, and each role at work.
\ir ../support/common.sql
select plan(72);

create temp table granted (name text, p boolean, w boolean, o boolean, m boolean);
insert into granted values
    ('enqueue', true, false, true, false), ('enqueue_batch', true, false, true, false),
    ('claim_batch', false, true, true, false), ('complete', false, true, true, false),
    ('complete_batch', false, true, true, false), ('fail', false, true, true, false),
    ('fail_batch', false, true, true, false), ('snooze', false, true, true, false),
    ('release', false, true, true, false), ('skip', false, true, true, false),
    ('heartbeat', false, true, true, false), ('channel', false, true, true, false),
    ('maintain', false, true, true, false), ('cancel', false, false, true, false),
    ('cancel_jobs', false, false, true, false), ('wait_for', false, false, true, true),
    ('retry', false, false, true, false), ('replay', false, false, true, false),
    ('redrive', false, false, true, false), ('create_queue', false, false, true, false),
    ('configure_queue', false, false, true, false), ('pause_queue', false, false, true, false),
    ('resume_queue', false, false, true, false), ('drop_queue', false, false, true, false),
    ('get_job', false, false, true, true), ('list_jobs', false, false, true, true),
    ('list_queues', false, false, true, true), ('timeline', false, false, true, true),
    ('explain', false, false, true, true), ('next_fires', false, false, true, true),
    ('schedule', false, false, true, false), ('unschedule', false, false, true, false),
    ('pause_schedule', false, false, true, false), ('resume_schedule', false, false, true, false),
    ('health', false, false, true, true), ('stats', false, false, true, true),
    ('metrics_prometheus', false, false, true, true), ('verify', false, false, true, true),
    ('now', true, true, true, true),
    ('version', true, true, true, true);
create function pg_temp.rights(role_name text, routine oid) returns boolean language sql as $$
    select has_function_privilege(role_name, routine, 'execute')
$$;
select is(
    (select string_agg(distinct concat_ws(' ',
        case when pg_temp.rights('queue_producer', p.oid) then 'producer' end,
        case when pg_temp.rights('queue_worker', p.oid) then 'worker' end,
        case when pg_temp.rights('queue_operator', p.oid) then 'operator' end,
        case when pg_temp.rights('queue_monitor', p.oid) then 'monitor' end), ' / ')
     from pg_proc as p where p.pronamespace = 'queue'::regnamespace and p.proname = g.name),
    concat_ws(' ', case when g.p then 'producer' end, case when g.w then 'worker' end, case when g.o then 'operator' end,
        case when g.m then 'monitor' end),
    'who may call ' || g.name)
from granted as g;
select is_empty($$ select p.oid::regprocedure from pg_proc as p
    where p.pronamespace = 'queue'::regnamespace and p.proname not in (select name from granted) $$,
    'no public function is missing from the matrix');
select results_eq(
    $$ select r, p.oid::regprocedure::text collate "default"
       from unnest(array['queue_monitor', 'queue_operator', 'queue_producer', 'queue_worker']) as r, pg_proc as p
       where p.pronamespace = 'queue_internal'::regnamespace and has_function_privilege(r, p.oid, 'execute') order by 1, 2 $$,
    $$ values ('queue_monitor', 'queue_internal.job_row(bigint)'), ('queue_monitor', 'queue_internal.pending_refusals()'),
        ('queue_operator', 'queue_internal.job_row(bigint)'), ('queue_operator', 'queue_internal.pending_refusals()') $$,
    'of the internal functions only those that the views queue.job and queue.ingest_decision call');
select results_eq(
    $$ select r, c.relname::text collate "default", x
       from unnest(array['queue_monitor', 'queue_operator', 'queue_producer', 'queue_worker']) as r, pg_class as c,
           unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as x
       where c.relnamespace in ('queue'::regnamespace, 'queue_internal'::regnamespace)
           and c.relkind in ('r', 'p', 'v') and has_table_privilege(r, c.oid, x) order by 1, 2 $$,
    $$ select r, v, 'select' from unnest(array['queue_monitor', 'queue_operator']) as r,
        unnest(array['archived_job', 'attempt', 'dead_letter', 'ingest_decision', 'job', 'policy_decision', 'schedule']) as v order by 1, 2 $$,
    'operator and monitor may read the views; nobody may touch a table');
select is_empty(
    $$ select r, c.relname from unnest(array['queue_monitor', 'queue_operator', 'queue_producer', 'queue_worker']) as r, pg_class as c
       where c.relnamespace in ('queue'::regnamespace, 'queue_internal'::regnamespace) and c.relkind = 'S'
           and has_sequence_privilege(r, c.oid, 'usage, select, update') $$, 'nobody may touch a sequence');
select is_empty(
    $$ select r from unnest(array['queue_monitor', 'queue_operator', 'queue_producer', 'queue_worker']) as r
       where has_schema_privilege(r, 'queue_internal', 'usage') or has_schema_privilege(r, 'queue_internal', 'create')
           or has_schema_privilege(r, 'queue', 'create') or not has_schema_privilege(r, 'queue', 'usage') $$,
    'each may use schema queue, none may make anything in it, none may use queue_internal');
select is_empty(
    $$ select rolname from pg_roles where rolname in ('queue_monitor', 'queue_operator', 'queue_producer', 'queue_worker')
        and (rolcanlogin or rolsuper or rolcreatedb or rolcreaterole or rolbypassrls or rolreplication) $$,
    'the roles may not log in and have no powers');
select is_empty(
    $$ select r.rolname, g.rolname from pg_auth_members as m join pg_roles as r on r.oid = m.member
        join pg_roles as g on g.oid = m.roleid where r.rolname like 'queue\_%' and g.rolname like 'queue\_%' $$,
    'none is a member of another');

-- At work
set role queue_producer;
select queue.enqueue('q', 'k', '{"n": 1}') as id \gset
select ok(:id > 0, 'a producer enqueues');
select is((select count(*) from queue.enqueue_batch('q', 'k', array['{}', '{}']::jsonb[])), 2::bigint, 'in batches');
select is((select count(*) from queue.enqueue_batch('q', '[{"kind": "k", "unique_key": "u"}]')), 1::bigint, 'of both kinds');
select is(queue.version(), '0.1.0', 'and knows the version');
select is(pg_temp.refusal($$ select * from queue.claim_batch('q', 'w') $$),
    '42501 | permission denied for function claim_batch', 'but does not claim');
select is(pg_temp.refusal('select * from queue.job'), '42501 | permission denied for view job', 'nor look');
reset role;
set role queue_worker;
select job_id as job, lease_token as token from queue.claim_batch('q', 'w') \gset
select is((select verdict from queue.heartbeat(array[:job], array[:token])), 'ok', 'a worker claims and beats');
select is(queue.complete(:job, :token), 'ok', 'and completes');
select job_id as job, lease_token as token from queue.claim_batch('q', 'w') \gset
select is(queue.fail(:job, :token, 'E', 'm'), 'ok', 'or fails');
select job_id as job, lease_token as token from queue.claim_batch('q', 'w', kinds => array['k']) \gset
select is(queue.release(:job, :token), 'ok', 'or releases');
select is(jsonb_typeof(queue.maintain()), 'object', 'and maintains');
select is(pg_temp.refusal($$ select queue.enqueue('q', 'k') $$), '42501 | permission denied for function enqueue',
    'but does not enqueue');
select is(pg_temp.refusal($$ select queue.cancel(1) $$), '42501 | permission denied for function cancel', 'nor cancel');
select is(pg_temp.refusal('select * from queue_internal.attempt'), '42501 | permission denied for schema queue_internal',
    'nor read a table');
reset role;
set role queue_monitor;
select is((select state from queue.get_job(:id)), 'succeeded', 'a monitor reads a job');
select is((select state from queue.job where job_id = :id), 'succeeded', 'also through the view');
select is((select count(*) from queue.list_jobs('q')), 4::bigint, 'lists jobs');
select is((select count(*) from queue.attempt), 3::bigint, 'reads attempts');
select is((select count(*) from queue.dead_letter), 0::bigint, 'reads dead letters');
select ok((select count(*) > 0 from queue.health()), 'and health');
select is(pg_temp.refusal($$ select queue.retry(1) $$), '42501 | permission denied for function retry', 'but changes nothing');
select is(pg_temp.refusal($$ delete from queue.dead_letter $$), '42501 | permission denied for view dead_letter',
    'not through a view either');
reset role;
set role queue_operator;
select lives_ok($$ select queue.create_queue('o'), queue.configure_queue('o', '{"priority": 1}'), queue.pause_queue('o'),
    queue.resume_queue('o') $$, 'an operator makes and changes queues');
select lives_ok($$ select queue.cancel(queue.enqueue('o', 'k')) $$, 'enqueues and cancels');
select lives_ok($$ select queue.redrive('o'), queue.drop_queue('o', true) $$, 'redrives and drops');
reset role;

select * from finish();
