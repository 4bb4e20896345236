-- queue.fail_batch: an object for each failure, a verdict for each, in order; one bad element fails all.
\ir ../support/common.sql
select plan(20);

select queue.enqueue('q', 'k', max_attempts => 5) as one \gset
select queue.enqueue('q', 'k', max_attempts => 5) as two \gset
select queue.enqueue('q', 'k', max_attempts => 5) as three \gset
select job as job1, token as token1 from pg_temp.take('q') \gset
select job as job2, token as token2 from pg_temp.take('q') \gset
select job as job3, token as token3 from pg_temp.take('q') \gset
select queue.cancel(:job3) \g /dev/null
select results_eq(format('select job_id, verdict::text from queue.fail_batch(%L)', jsonb_build_array(
        jsonb_build_object('job_id', :job2, 'lease_token', :token2, 'error_code', 'BAD', 'error_message', 'm', 'permanent', true),
        jsonb_build_object('job_id', :job1, 'lease_token', :token1, 'error_code', 'T', 'retry_in', '1 hour'),
        jsonb_build_object('job_id', :job1, 'lease_token', :token1, 'error_code', 'T'),
        jsonb_build_object('job_id', :job3, 'lease_token', :token3, 'error_code', 'T'),
        jsonb_build_object('job_id', 999999, 'lease_token', 1))),
    format($$ values (%s::bigint, 'ok'), (%s, 'ok'), (%s, 'stale'), (%s, 'canceled'), (999999, 'missing') $$,
        :job2, :job1, :job1, :job3), 'a verdict for each element, in order');
select results_eq(format('select reason_code, error_code, error_message from queue.dead_letter where job_id = %s', :job2),
    $$ values ('NON_RETRYABLE', 'BAD', 'm') $$, 'code, message and permanent are those of the element');
select is(pg_temp.state(:job1), 'retrying', 'one without permanent is retried');
select ok(pg_temp.wait_of(:job1) between 3590 and 3600, 'after its retry_in');
select is(pg_temp.story(:job1), '1 failed', 'an attempt given twice is settled once');
select is_empty($$ select * from queue.fail_batch('[]') $$, 'an empty array: no rows');

select queue.enqueue('bad', 'k') as id \gset
select job, token from pg_temp.take('bad') \gset
select format('{"job_id": %s, "lease_token": %s}', :job, :token) as good \gset
create temp table asked (failures text, answer text, what text);
insert into asked values
    (null, '22023 | failures must be a JSON array of objects | '
        || 'for example [{"job_id": 1, "lease_token": 2, "error_code": "TIMEOUT"}]', 'null'),
    ('{}', '22023 | failures must be a JSON array of objects | '
        || 'for example [{"job_id": 1, "lease_token": 2, "error_code": "TIMEOUT"}]', 'an object'),
    ('[%s, 7]', '22023 | element 2: no object but a number | for example {"job_id": 1, "lease_token": 2, "error_code": "TIMEOUT"}; nothing of the batch was settled', 'a number'),
    ('[%s, {"job": 1}]', '22023 | element 2: unknown key ''job'' | known keys: job_id, lease_token, error_code, error_message, retry_in, permanent; nothing of the batch was settled', 'an unknown key'),
    ('[%s, {"job_id": 1}]', '22023 | element 2: job_id and lease_token are needed | nothing of the batch was settled',
        'an element without lease_token'),
    ('[%s, {"lease_token": 1}]', '22023 | element 2: job_id and lease_token are needed | nothing of the batch was settled',
        'an element without job_id'),
    ('[%s, {"job_id": "x", "lease_token": 1}]',
        '22023 | element 2: invalid input syntax for type bigint: "x" | nothing of the batch was settled', 'an id that is no number'),
    ('[%s, {"job_id": 99999999999999999999, "lease_token": 1}]',
        '22023 | element 2: value "99999999999999999999" is out of range for type bigint | nothing of the batch was settled',
        'an id larger than a bigint'),
    ('[%s, {"job_id": 1, "lease_token": 1, "retry_in": "soon"}]',
        '22023 | element 2: invalid input syntax for type interval: "soon" | nothing of the batch was settled',
        'a retry_in that is no interval'),
    ('[%s, {"job_id": 1, "lease_token": 1, "retry_in": "-1 s"}]',
        '22023 | element 2: retry_in -00:00:01 is out of range | use 00:00:00 to 10 years; nothing of the batch was settled', 'a negative retry_in'),
    ('[%s, {"job_id": 1, "lease_token": 1, "permanent": "maybe"}]',
        '22023 | element 2: invalid input syntax for type boolean: "maybe" | nothing of the batch was settled',
        'a permanent that is no boolean');
select is(pg_temp.refusal(format('select * from queue.fail_batch(%L::jsonb)', replace(a.failures, '%s', :'good'))), a.answer,
    'fail_batch refuses ' || a.what)
from asked as a;
select is(pg_temp.state(:id), 'running', 'a refused batch settles nothing');
select results_eq(format('select verdict::text from queue.fail_batch(%L::jsonb)', '[' || :'good' || ']'), $$ values ('ok') $$,
    'error_code may be left out');
select is((select error_code from queue.attempt where job_id = :id), 'UNKNOWN', 'then it is UNKNOWN');

select * from finish();
