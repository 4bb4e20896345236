-- The public functions are these and no others: names, parameter names, types, defaults and results are API.
\ir ../support/common.sql
select plan(56);

create temp table promised (name text, arguments text, result text);
insert into promised values
    ('enqueue', $$queue text, kind text, payload jsonb DEFAULT '{}'::jsonb, run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, priority integer DEFAULT NULL::integer, max_attempts integer DEFAULT NULL::integer, unique_key text DEFAULT NULL::text, group_key text DEFAULT NULL::text, headers jsonb DEFAULT NULL::jsonb, unique_for interval DEFAULT NULL::interval, on_conflict text DEFAULT NULL::text, after bigint[] DEFAULT NULL::bigint[], on_parent_failure text DEFAULT NULL::text, routing_key text DEFAULT NULL::text$$, 'bigint'),
    ('enqueue_batch', $$queue text, kind text, payloads jsonb[], run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, priority integer DEFAULT NULL::integer, max_attempts integer DEFAULT NULL::integer, unique_key text DEFAULT NULL::text, group_key text DEFAULT NULL::text, headers jsonb DEFAULT NULL::jsonb, unique_for interval DEFAULT NULL::interval, on_conflict text DEFAULT NULL::text, after bigint[] DEFAULT NULL::bigint[], on_parent_failure text DEFAULT NULL::text, routing_key text DEFAULT NULL::text$$, 'SETOF bigint'),
    ('enqueue_batch', 'queue text, jobs jsonb', 'TABLE(ordinal integer, job_id bigint, created boolean)'),
    ('claim_batch', 'queue text, worker text, max_jobs integer DEFAULT 1, lease interval DEFAULT NULL::interval, '
        'kinds text[] DEFAULT NULL::text[], routing_keys text[] DEFAULT NULL::text[]', 'SETOF queue.claimed_job'),
    ('complete', 'job_id bigint, lease_token bigint, result jsonb DEFAULT NULL::jsonb', 'queue.verdict'),
    ('complete_batch', 'job_ids bigint[], lease_tokens bigint[], results jsonb[] DEFAULT NULL::jsonb[]',
        'TABLE(job_id bigint, verdict queue.verdict)'),
    ('fail', 'job_id bigint, lease_token bigint, error_code text, error_message text DEFAULT NULL::text, '
        'retry_in interval DEFAULT NULL::interval, permanent boolean DEFAULT false', 'queue.verdict'),
    ('fail_batch', 'failures jsonb', 'TABLE(job_id bigint, verdict queue.verdict)'),
    ('snooze', 'job_id bigint, lease_token bigint, delay interval', 'queue.verdict'),
    ('release', 'job_id bigint, lease_token bigint', 'queue.verdict'),
    ('skip', 'job_id bigint, lease_token bigint, reason text', 'queue.verdict'),
    ('heartbeat', 'job_ids bigint[], lease_tokens bigint[], lease interval DEFAULT NULL::interval',
        'TABLE(job_id bigint, verdict queue.verdict)'),
    ('cancel', 'job_id bigint', 'text'),
    ('retry', 'job_id bigint', 'text'),
    ('replay', 'job_id bigint, queue text DEFAULT NULL::text, run_at timestamp with time zone '
        'DEFAULT NULL::timestamp with time zone', 'bigint'),
    ('redrive', 'queue text, error_code text DEFAULT NULL::text, kind text DEFAULT NULL::text, '
        'max_jobs integer DEFAULT NULL::integer, dry_run boolean DEFAULT false, older_than interval DEFAULT NULL::interval, '
        'newer_than interval DEFAULT NULL::interval', 'bigint'),
    ('cancel_jobs', 'queue text, state text DEFAULT NULL::text, kind text DEFAULT NULL::text, max_jobs integer DEFAULT 1000, '
        'dry_run boolean DEFAULT false', 'bigint'),
    ('wait_for', $$job_id bigint, timeout interval DEFAULT '00:00:30'::interval$$, 'text'),
    ('create_queue', $$queue text, options jsonb DEFAULT '{}'::jsonb$$, 'void'),
    ('configure_queue', 'queue text, options jsonb', 'void'),
    ('pause_queue', 'queue text', 'void'),
    ('resume_queue', 'queue text', 'void'),
    ('drop_queue', 'queue text, force boolean DEFAULT false', 'void'),
    ('get_job', 'job_id bigint', 'SETOF queue.job'),
    ('list_jobs', 'queue text DEFAULT NULL::text, state text DEFAULT NULL::text, kind text DEFAULT NULL::text, '
        'after_id bigint DEFAULT NULL::bigint, max_jobs integer DEFAULT 100', 'SETOF queue.job'),
    ('list_queues', '', 'TABLE(queue text, paused boolean, options jsonb)'),
    ('timeline', 'job_id bigint', 'TABLE(at timestamp with time zone, event text, attempt integer, worker text, detail text)'),
    ('explain', 'job_id bigint', 'TABLE(state text, reason text, detail text, hint text)'),
    ('schedule', $$name text, cron text, queue text, kind text, payload jsonb DEFAULT '{}'::jsonb, timezone text DEFAULT 'UTC'::text, catch_up text DEFAULT 'latest'::text$$, 'timestamp with time zone'),
    ('unschedule', 'name text', 'void'),
    ('pause_schedule', 'name text', 'void'),
    ('resume_schedule', 'name text', 'void'),
    ('next_fires', 'name text, max_fires integer DEFAULT 5', 'SETOF timestamp with time zone'),
    ('channel', 'queue text', 'text'),
    ('health', '', 'TABLE(check_name text, ok boolean, detail text, hint text)'),
    ('stats', 'queue text DEFAULT NULL::text', 'TABLE(queue_name text, paused boolean, ready bigint, scheduled bigint, '
        'retrying bigint, running bigint, dead bigint, oldest_ready_age interval, succeeded_per_minute bigint, '
        'failed_per_minute bigint, mean_run_time interval, estimated boolean)'),
    ('metrics_prometheus', '', 'text'),
    ('verify', '', 'TABLE(check_name text, ok boolean, detail text)'),
    ('maintain', '', 'jsonb'),
    ('now', '', 'timestamp with time zone'),
    ('version', '', 'text');

select is(
    (select string_agg(pg_get_function_result(p.oid), ' | ') from pg_proc as p
        where p.pronamespace = 'queue'::regnamespace and p.proname = r.name and pg_get_function_arguments(p.oid) = r.arguments),
    r.result, format('queue.%s(%s…) is as promised', r.name, left(r.arguments, 30)))
from promised as r;

select is_empty(
    $$ select p.oid::regprocedure from pg_proc as p
       where p.pronamespace = 'queue'::regnamespace and not exists (
           select from promised as r where r.name = p.proname and r.arguments = pg_get_function_arguments(p.oid)) $$,
    'there is no public function beside these');

-- Types and views
select enum_has_labels('queue', 'verdict', array['ok', 'stale', 'canceled', 'missing'], 'the verdicts');
create function pg_temp.columns_of(relation regclass) returns text language sql as $$
    select string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum)
    from pg_attribute as a where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
$$;
select is(pg_temp.columns_of('queue.claimed_job'),
    'job_id bigint, lease_token bigint, attempt integer, max_attempts integer, kind text, payload jsonb, headers jsonb, '
    'priority integer, group_key text, enqueued_at timestamp with time zone, leased_until timestamp with time zone',
    'the columns of a claimed job');
select is(pg_temp.columns_of('queue.job'),
    'job_id bigint, queue text, kind text, state text, attempt integer, max_attempts integer, priority integer, '
    'run_at timestamp with time zone, enqueued_at timestamp with time zone, payload jsonb, headers jsonb, result jsonb, '
    'unique_key text, group_key text, replay_of bigint, routing_key text, replayed_as bigint[]', 'the columns of queue.job and get_job');
select is(pg_temp.columns_of('queue.attempt'),
    'job_id bigint, attempt integer, outcome text, error_code text, error_message text, worker text, '
    'claimed_at timestamp with time zone, finished_at timestamp with time zone', 'the columns of queue.attempt');
select is(pg_temp.columns_of('queue.dead_letter'),
    'job_id bigint, queue text, kind text, reason_code text, error_code text, error_message text, '
    'dead_at timestamp with time zone, attempts integer', 'the columns of queue.dead_letter');
select is(pg_temp.columns_of('queue.archived_job'),
    'job_id bigint, queue text, kind text, state text, attempt integer, priority smallint, enqueued_at timestamp with time zone, '
    'claimed_at timestamp with time zone, finished_at timestamp with time zone, worker text, error_code text, '
    'error_message text, payload jsonb, headers jsonb, result jsonb, unique_key text, group_key text, replay_of bigint, '
    'routing_key text', 'the columns of queue.archived_job');
select is(pg_temp.columns_of('queue.ingest_decision'),
    'at timestamp with time zone, queue text, decision text, reason_code text, details jsonb',
    'the columns of queue.ingest_decision');
select is(pg_temp.columns_of('queue.policy_decision'),
    'at timestamp with time zone, queue text, group_key text, decision text, reason_code text, details jsonb',
    'the columns of queue.policy_decision');
select is(
    (select array_agg(c.relname || ' ' || c.relkind::text order by c.relname) from pg_class as c
        where c.relnamespace = 'queue'::regnamespace),
    array['archived_job v', 'attempt v', 'claimed_job c', 'dead_letter v', 'ingest_decision v', 'job v', 'policy_decision v',
        'schedule v'], 'schema queue has these relations and no others');
select is(
    (select array_agg(t.typname::text order by t.typname) from pg_type as t
        where t.typnamespace = 'queue'::regnamespace and t.typelem = 0
            and (t.typrelid = 0 or exists (select from pg_class as c where c.oid = t.typrelid and c.relkind = 'c'))),
    array['claimed_job', 'verdict'], 'and these types');

-- The names can be used as callers use them
select lives_ok($$ select queue.enqueue(queue => 'q', kind => 'k', payload => '{}', run_at => null, priority => null,
    max_attempts => null, unique_key => null, group_key => null, headers => null, unique_for => null,
    on_conflict => null, after => null, on_parent_failure => null, routing_key => null) $$, 'a null option is the default');
select lives_ok($$ select * from queue.claim_batch(queue => 'q', worker => 'w', max_jobs => 1, lease => null, kinds => null,
    routing_keys => null) $$,
    'so in claim_batch');
select lives_ok($$ select * from queue.list_jobs(queue => null, state => null, kind => null, after_id => null) $$,
    'and in list_jobs');
select is((select count(*) from pg_proc as p where p.pronamespace = 'queue'::regnamespace and p.provariadic <> 0), 0::bigint,
    'no function is variadic');

select * from finish();
