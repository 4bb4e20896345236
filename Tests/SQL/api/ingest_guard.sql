-- The ingest guard: max_payload_bytes and max_enqueues_per_minute, and queue.ingest_decision.
\ir ../support/common.sql
select plan(57);

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
select setval('queue_internal.ingest_1', (((floor(extract(epoch from clock_timestamp()) / 60) - 1)::bigint) << 36) + 5) \g /dev/null
select ok(queue.enqueue('slow', 'k') > 0, 'the next minute begins anew');
select setval('queue_internal.ingest_1', (((floor(extract(epoch from clock_timestamp()) / 60) + 9)::bigint) << 36) + 5) \g /dev/null
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
select is((select count(*) from queue.ingest_decision), 7 + 3 + 33::bigint, 'of fifty at once the last 32 are told before anybody reads them');
select is(cardinality(pg_temp.decisions()), 7 + 3 + 33, 'and no more afterwards');
select is((select count(*) from queue_internal.ingest_decision), 7 + 3 + 33::bigint, 'which the table holds now');
select is((select array_agg(d.queue || ' ' || d.details) from queue.ingest_decision as d where d.reason_code = 'NOT_KEPT'),
    array['slow {"reason": "ENQUEUE_RATE_EXCEEDED", "refusals": 18}'], 'of those before only the queue, the reason and how many');
update queue_internal.ingest_decision set at = now() - interval '8 days' where queue = 'slow';
select queue.maintain() \g /dev/null
select is((select count(*) from queue.ingest_decision), 7::bigint, 'old ones are forgotten');
select queue.drop_queue('small', force => true);
select is_empty($$ select * from queue.ingest_decision where queue = 'small' $$, 'those of a dropped queue too');


-- A guard for each queue
select queue.create_queue('rate ' || n, '{"max_enqueues_per_minute": 1}') from generate_series(1, 40) as n \g /dev/null
select is((select count(*) from queue_internal.guard), 42::bigint, 'as many queues as there are may have a rate');
select ok(queue.enqueue('rate 40', 'k') > 0, 'the last one takes its share');
select is(left(pg_temp.refusal($$ select queue.enqueue('rate 40', 'k') $$), 5), 'JQ002', 'and refuses the rest');
select is((pg_temp.decisions())[cardinality(pg_temp.decisions())], 'rate 40 ENQUEUE_RATE_EXCEEDED {"jobs": 1}', 'under its name');
select ok(queue.enqueue('rate 39', 'k') > 0, 'each queue counts for itself');
select queue.drop_queue('rate 39', force => true);
select queue.create_queue('rate 39', '{"max_enqueues_per_minute": 1}');
select ok(queue.enqueue('rate 39', 'k') > 0, 'a new queue''s count begins at nothing');
select is(left(pg_temp.refusal($$ select queue.enqueue('rate 39', 'k') $$), 5), 'JQ002', 'to be refused');
select queue.drop_queue('rate 39', force => true);
select is((select d.queue from queue.ingest_decision as d order by d.at desc limit 1), 'rate 39',
    'a refusal has the name of its queue, when that is gone too');
update queue_internal.guard set dropped_at = now() - interval '2 days' where queue = 'rate 39';
select queue.maintain() \g /dev/null
select queue.create_queue('sized', '{"max_payload_bytes": 1}');
select is((select g.number from queue_internal.guard as g where g.queue = 'sized'), 40, 'a number is given again a day later');
select is((select count(*) from queue.ingest_decision as d where d.queue = 'sized'), 0::bigint, 'without what was counted under it');
select is(left(pg_temp.refusal($$ select queue.enqueue('sized', 'k', '12') $$), 5), 'JQ001', 'the next refusal is its own');
select is((select count(*) from queue.ingest_decision as d where d.queue = 'sized'), 1::bigint, 'as told');
insert into queue_internal.guard (number, queue) select n, 'no ' || n from generate_series(42, 65535) as n;
select is(pg_temp.refusal($$ select queue.create_queue('one more', '{"max_payload_bytes": 1}') $$),
    '53400 | at most 65536 queues may have max_payload_bytes or max_enqueues_per_minute | drop queues that are not needed: '
    || 'a number is free a day later', 'the numbers have an end');
delete from queue_internal.guard where number > 42;

-- One that is missing
select queue.maintain() \g /dev/null
select nextval('queue_internal.refusal') as hole \g /dev/null
select nextval('queue_internal.refused_size_40') \g /dev/null
select pg_temp.refusal($$ select queue.enqueue('sized', 'k', '123') $$) \g /dev/null
select is(queue.maintain() ->> 'refused', '0', 'what follows one that is missing waits, for it may be being written');
select is((select array_agg(d.reason_code || ' ' || d.details order by d.at) from queue.ingest_decision as d where d.queue = 'sized'),
    array['PAYLOAD_TOO_LARGE {"payload_bytes": 2}', 'PAYLOAD_TOO_LARGE {"payload_bytes": 3}'], 'but is seen');
update queue_internal.refusal_reader set stopped_at = stopped_at - interval '6 seconds';
select nextval('queue_internal.refusal') \g /dev/null
select is(queue.maintain() ->> 'refused', '2', 'five seconds later it waits no more, but for others');
select is((select array_agg(d.reason_code || ' ' || d.details order by d.at) from queue.ingest_decision as d where d.queue = 'sized'),
    array['PAYLOAD_TOO_LARGE {"payload_bytes": 2}', 'PAYLOAD_TOO_LARGE {"payload_bytes": 3}',
        'NOT_KEPT {"reason": "PAYLOAD_TOO_LARGE", "refusals": 1}'], 'and the missing one is counted');
update queue_internal.refusal_reader set stopped_at = stopped_at - interval '6 seconds';
select is(queue.maintain() ->> 'refused', '0', 'of one that was never counted nothing is told');
select nextval('queue_internal.refusal') from generate_series(1, 20) \g /dev/null
select pg_temp.refusal($$ select queue.enqueue('sized', 'k', '1234') $$) \g /dev/null
update queue_internal.refusal_reader set server_start = server_start - interval '1 day';
select setval('queue_internal.refused_size_40', nextval('queue_internal.refused_size_40') + 19) \g /dev/null
select queue.maintain() \g /dev/null
update queue_internal.refusal_reader set stopped_at = stopped_at - interval '6 seconds';
select is(queue.maintain() ->> 'refused', '1', 'numbers that a crash has skipped are not refusals, the one after them is');

-- Ten thousand rows
insert into queue_internal.ingest_decision
select nextval('queue_internal.ingest_decision_number'), clock_timestamp(), 'sized', 'REFUSED', 'PAYLOAD_TOO_LARGE', '{}'
from generate_series(1, 10500);
select queue.maintain(), queue.maintain() \g /dev/null
select is((select count(*) from queue_internal.ingest_decision), 10000::bigint, 'the last ten thousand rows are kept');

-- The guard of the last of 65,536 queues
create sequence queue_internal.refused_size_65535;
select lives_ok('select queue_internal.note_refusal(65535, false, 10)', 'a refusal by it is noted');
select is((select w.last_value >> 16 & 65535 from queue_internal.refusal as n
    cross join lateral (select (xpath('//last_value/text()', query_to_xml('select last_value from queue_internal.refusal_what_'
        || n.last_value % 32, true, true, '')))[1]::text::bigint as last_value) as w), 65535::bigint, 'as one of its');

select * from finish();
