-- queue.enqueue: what it refuses, with SQLSTATE, message and hint; and that nothing is left of what it refused.
\ir ../support/common.sql
select plan(27);

create temp table asked (arguments text, answer text, what text);
insert into asked values
    ($$null, 'k'$$, '22023 | queue must not be blank | name the queue', 'a null queue'),
    ($$'', 'k'$$, '22023 | queue must not be blank | name the queue', 'an empty queue'),
    ($$E' \t\n', 'k'$$, '22023 | queue must not be blank | name the queue', 'a queue of white space'),
    ($$repeat('q', 201), 'k'$$, '22023 | queue is 201 characters long, at most 200 are allowed | shorten the queue',
        'a queue of 201 characters'),
    ($$'q', null$$, '22023 | kind must not be blank | name the kind', 'a null kind'),
    ($$'q', ''$$, '22023 | kind must not be blank | name the kind', 'an empty kind'),
    ($$'q', '   '$$, '22023 | kind must not be blank | name the kind', 'a kind of spaces'),
    ($$'q', E'\t'$$, '22023 | kind must not be blank | name the kind', 'a kind of one tab'),
    ($$'q', repeat('k', 100000)$$,
        '22023 | kind is 100000 characters long, at most 200 are allowed | shorten the kind', 'a huge kind'),
    ($$'q', 'k', run_at => 'infinity'$$,
        '22023 | run_at must be finite, not infinity | leave run_at out to run the job now', 'run_at infinity'),
    ($$'q', 'k', run_at => '-infinity'$$,
        '22023 | run_at must be finite, not -infinity | leave run_at out to run the job now', 'run_at -infinity'),
    ($$'q', 'k', priority => 101$$, '22023 | priority 101 is out of range | use -100 (last) to 100 (first)',
        'a priority of 101'),
    ($$'q', 'k', priority => -101$$, '22023 | priority -101 is out of range | use -100 (last) to 100 (first)',
        'a priority of -101'),
    ($$'q', 'k', priority => 2147483647$$,
        '22023 | priority 2147483647 is out of range | use -100 (last) to 100 (first)', 'the largest int as priority'),
    ($$'q', 'k', max_attempts => 0$$, '22023 | max_attempts 0 is out of range | use 1 to 10000', 'no attempts'),
    ($$'q', 'k', max_attempts => -1$$, '22023 | max_attempts -1 is out of range | use 1 to 10000', 'negative attempts'),
    ($$'q', 'k', max_attempts => 10001$$, '22023 | max_attempts 10001 is out of range | use 1 to 10000',
        '10001 attempts'),
    ($$'q', 'k', unique_key => ''$$, '22023 | unique_key must not be empty | leave it out instead',
        'an empty unique_key'),
    ($$'q', 'k', unique_key => repeat('ü', 513)$$,
        '22023 | unique_key is 1026 bytes long, at most 1024 are allowed | use a digest of the long value',
        'a unique_key over 1024 bytes'),
    ($$'q', 'k', group_key => ''$$, '22023 | group_key must not be empty | leave it out instead', 'an empty group_key'),
    ($$'q', 'k', group_key => repeat('g', 1025)$$,
        '22023 | group_key is 1025 bytes long, at most 1024 are allowed | use a digest of the long value',
        'a group_key over 1024 bytes'),
    ($$'q', 'k', headers => '[]'$$,
        '22023 | headers must be a JSON object, not array | pass an object of header names and values', 'an array as headers'),
    ($$'q', 'k', headers => '"x"'$$,
        '22023 | headers must be a JSON object, not string | pass an object of header names and values',
        'a text as headers'),
    ($$'q', 'k', headers => 'null'$$,
        '22023 | headers must be a JSON object, not null | pass an object of header names and values',
        'a JSON null as headers');

select is(pg_temp.refusal('select queue.enqueue(' || a.arguments || ')'), a.answer, 'enqueue refuses ' || a.what)
from asked as a;

select is(pg_temp.refusal($$ select queue.enqueue('q', 'k', unique_key => repeat('u', 1024)) $$), 'no error',
    'a unique_key of 1024 bytes is good');
select is((select count(*) from queue.job), 1::bigint, 'nothing is left of what was refused');
select is((select count(*) from queue.claim_batch('q', 'w', 100)), 1::bigint, 'and nothing of it is handed out');

select * from finish();
