-- The ingest guard: max_payload_bytes and max_enqueues_per_minute, and queue.ingest_decision.
\ir ../support/common.sql
select plan(36);

create function pg_temp.decisions() returns text[] volatile language plpgsql as $$
begin
    perform queue.maintain();
    return array(select concat_ws(' ', coalesce(d.queue, '-'), d.reason_code, d.details) from queue.ingest_decision as d
        order by d.at, d.details::text);
end
$$;
-- The rate is by the minute: begin early in one.
create function pg_temp.early() returns void volatile language plpgsql as $$
begin
    perform pg_sleep(61 - extract(second from clock_timestamp())) where extract(second from clock_timestamp()) > 45;
end
$$;

-- Size
select queue.create_queue('small', '{"max_payload_bytes": 10}');
select ok(queue.enqueue('small', 'k', '"12345678"') > 0, 'a payload of as many bytes as are allowed');
select is(pg_temp.refusal($$ select queue.enqueue('small', 'k', '"123456789"') $$),
    'JQ001 | payload of 11 bytes is over the limit of queue ''small'', 10 bytes | keep large things elsewhere and put their '
    || 'address into the payload, or raise the option max_payload_bytes', 'one more is refused');
select is(left(pg_temp.refusal($$ select queue.enqueue('small', 'k', '"äöüäö"') $$), 27), 'JQ001 | payload of 12 bytes',
    'bytes, not characters');
select is(left(pg_temp.refusal($$ select queue.enqueue('small', 'k', to_jsonb(repeat('x', 1000000))) $$), 5), 'JQ001',
    'compression is no way round');
select is(left(pg_temp.refusal($$ select queue.enqueue_batch('small', 'k', array['1', '"123456789"', '2']::jsonb[]) $$), 5),
    'JQ001', 'in a batch of payloads');
select is(left(pg_temp.refusal($$ select queue.enqueue_batch('small', 'k', array['"123456789"', '1']::jsonb[], unique_key => 'u') $$), 5),
    'JQ001', 'with a unique key');
select is(left(pg_temp.refusal($$ select queue.enqueue_batch('small', '[{"kind": "k"}, {"kind": "k", "payload": "123456789"}]') $$), 5),
    'JQ001', 'and in a batch of jobs');
select is((select ready from queue.stats('small')), 1::bigint, 'nothing of a refused batch is there');
select is_empty($$ select * from queue_internal.unique_key $$, 'nor its key');
select is(cardinality(pg_temp.decisions()), 6, 'each refusal was recorded, although its statement failed');
select is((pg_temp.decisions())[1], 'small PAYLOAD_TOO_LARGE {"payload_bytes": 11}', 'with its queue, reason and size');
select ok((select max(at) <= now() and min(at) > now() - interval '10 minutes' from queue.ingest_decision), 'and time');
select is(cardinality(pg_temp.decisions()), 6, 'once');
select ok(queue.enqueue('other', 'k', to_jsonb(repeat('x', 100))) > 0, 'other queues take anything');
select queue.configure_queue('small', '{"max_payload_bytes": 0}');
select ok(queue.enqueue('small', 'k', to_jsonb(repeat('x', 1000000))) > 0, 'so does this one with 0');

-- In a transaction of the caller's
select queue.configure_queue('small', '{"max_payload_bytes": 3}');
begin;
select is(left(pg_temp.refusal($$ select queue.enqueue('small', 'k', '1234') $$), 5), 'JQ001', 'refused in a block of its own');
select queue.enqueue('small', 'k') as kept \gset
commit;
select is(pg_temp.state(:kept), 'ready', 'the transaction goes on');
select is((pg_temp.decisions())[7], 'small PAYLOAD_TOO_LARGE {"payload_bytes": 4}', 'and the refusal is recorded');

-- Rate
select queue.create_queue('slow', '{"max_enqueues_per_minute": 5}');
select pg_temp.early() \g /dev/null
select is(left(pg_temp.refusal($$ select queue.enqueue_batch('slow', 'k', array_fill('1'::jsonb, array[6])) $$), 5), 'JQ002',
    'more than a minute''s share at once');
select is((select count(*) from queue.enqueue_batch('slow', 'k', array_fill('1'::jsonb, array[4]))), 4::bigint,
    'which was not counted');
select matches(pg_temp.refusal($$ select queue.enqueue_batch('slow', 'k', array_fill('1'::jsonb, array[2])) $$),
    '^JQ002 . queue ''slow'' takes 5 jobs a minute, and has had too many for 2 more . try again in [0-9]+ seconds, or raise '
    || 'the option max_enqueues_per_minute$', 'two more are refused');
select ok(queue.enqueue('slow', 'k', unique_key => 'u') > 0, 'one is taken');
select ok(queue.enqueue('slow', 'k', unique_key => 'u') > 0, 'one that is there already is no enqueue');
select is(left(pg_temp.refusal($$ select queue.enqueue('slow', 'k') $$), 5), 'JQ002', 'but the next is');
select ok(queue.replay((select min(job_id) from queue.list_jobs('slow'))) > 0, 'a replay is not refused');
select queue.schedule('tick', '@every 1 second', 'slow', 'k') is null as x \gset
select pg_sleep(1.1) \g /dev/null
select is(queue.maintain() ->> 'fired', '1', 'nor a schedule');
select is((select array_agg(d.details ->> 'jobs' order by d.at) from queue.ingest_decision as d where d.queue = 'slow'),
    array['6', '2', '1'], 'the refusals tell how many jobs');
select setval('queue_internal.ingest_0', (((floor(extract(epoch from clock_timestamp()) / 60) - 1)::bigint) << 36) + 5) \g /dev/null
select ok(queue.enqueue('slow', 'k') > 0, 'the next minute begins anew');
select setval('queue_internal.ingest_0', (((floor(extract(epoch from clock_timestamp()) / 60) + 9)::bigint) << 36) + 5) \g /dev/null
select ok(queue.enqueue('slow', 'k') > 0, 'and so it does when the clock was set back');

-- Many
do $$ begin
    for i in 1 .. 50 loop
        begin
            perform queue.enqueue_batch('slow', 'k', array_fill('1'::jsonb, array[100 + i]));
        exception when sqlstate 'JQ002' then null;
        end;
    end loop;
end $$;
select is(cardinality(pg_temp.decisions()), 7 + 3 + 9, 'of fifty at once the last 8 are told, and how many came before');
select is((select d.details from queue.ingest_decision as d where d.reason_code = 'NOT_KEPT'), '{"refusals": 42}', 'forty-two');
update queue_internal.ingest_decision set at = now() - interval '8 days' where queue = 'slow';
select queue.maintain() \g /dev/null
select is((select count(*) from queue.ingest_decision), 8::bigint, 'old ones are forgotten');
select queue.drop_queue('small', force => true);
select is_empty($$ select * from queue.ingest_decision where queue = 'small' $$, 'those of a dropped queue too');

-- Counters
select queue.create_queue('rate ' || n, '{"max_enqueues_per_minute": 1}') from generate_series(1, 31) as n \g /dev/null
select is(pg_temp.refusal($$ select queue.create_queue('one more', '{"max_enqueues_per_minute": 1}') $$),
    '53400 | at most 32 queues may have max_enqueues_per_minute | set it to 0 where it is not needed', 'a 33rd rate is refused');
select queue.configure_queue('slow', '{"max_enqueues_per_minute": 0}');
select lives_ok($$ select queue.create_queue('one more', '{"max_enqueues_per_minute": 1}') $$, 'unless one is given up');
select ok(queue.enqueue('one more', 'k') > 0, 'and the new one''s count begins at nothing');

select * from finish();
