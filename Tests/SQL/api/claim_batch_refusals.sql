-- queue.claim_batch: what it refuses; and that a refused claim takes nothing.
\ir ../support/common.sql
select plan(16);

select queue.enqueue('q', 'k') as id \gset
create temp table asked (arguments text, answer text, what text);
insert into asked values
    ($$null, 'w'$$, '22023 | queue must not be blank | name the queue', 'a null queue'),
    ($$'  ', 'w'$$, '22023 | queue must not be blank | name the queue', 'a blank queue'),
    ($$repeat('q', 201), 'w'$$, '22023 | queue is 201 characters long, at most 200 are allowed | shorten the queue',
        'a long queue'),
    ($$'q', null$$, '22023 | worker must not be blank | name the worker', 'a null worker'),
    ($$'q', E'\n'$$, '22023 | worker must not be blank | name the worker', 'a blank worker'),
    ($$'q', repeat('w', 201)$$, '22023 | worker is 201 characters long, at most 200 are allowed | shorten the worker',
        'a long worker'),
    ($$'q', 'w', 0$$, '22023 | max_jobs 0 is out of range | use 1 to 4096', 'no jobs'),
    ($$'q', 'w', -1$$, '22023 | max_jobs -1 is out of range | use 1 to 4096', 'a negative number of jobs'),
    ($$'q', 'w', 4097$$, '22023 | max_jobs 4097 is out of range | use 1 to 4096', '4097 jobs'),
    ($$'q', 'w', null$$, '22023 | max_jobs <NULL> is out of range | use 1 to 4096', 'a null max_jobs'),
    ($$'q', 'w', lease => '0'$$, '22023 | lease 00:00:00 is out of range | use 00:00:00.1 to 1 year', 'a lease of nothing'),
    ($$'q', 'w', lease => '-1 second'$$, '22023 | lease -00:00:01 is out of range | use 00:00:00.1 to 1 year',
        'a negative lease'),
    ($$'q', 'w', lease => '99 milliseconds'$$, '22023 | lease 00:00:00.099 is out of range | use 00:00:00.1 to 1 year',
        'a lease under 100 milliseconds'),
    ($$'q', 'w', lease => '2 years'$$, '22023 | lease 2 years is out of range | use 00:00:00.1 to 1 year',
        'a lease of two years');
select is(pg_temp.refusal('select * from queue.claim_batch(' || a.arguments || ')'), a.answer, 'claim_batch refuses ' || a.what)
from asked as a;
select is(pg_temp.state(:id), 'ready', 'a refused claim takes nothing');
select is((select leased_until > now() + interval '364 days' from queue.claim_batch('q', 'w', 1, '1 year')), true,
    'a lease of a year is good');

select * from finish();
