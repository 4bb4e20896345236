create or replace function queue_internal.advice(error_code text)
returns text
language sql immutable
as $$
    -- What usually helps against an error: of the codes that Quoll and its worker give themselves, and of those that
    -- handlers are advised to give.
    select case
        when error_code = 'WORKER_LOST' then
            'look for what ended its workers (crash, memory, deploy), or for a lease shorter than the work without heartbeats'
        when error_code = 'TIMEOUT' then 'give the handler more time, or make the work smaller; a retry may do if it was slow only once'
        when error_code = 'DEPENDENCY_DOWN' then 'wait until what it depends on is up: retries go on meanwhile'
        when error_code = 'RATE_LIMIT' then 'run fewer of these jobs at a time, or pass the other side''s wait as retry_in'
        when error_code in ('DB_DEADLOCK', 'SERIALIZATION') then
            'retry; if it recurs, take locks in one order and keep the handler''s transactions short'
        when error_code = 'BAD_PAYLOAD' then 'correct the producer; this payload never will succeed: enqueue a corrected one'
        when error_code = 'UNKNOWN_JOB_TYPE' then 'deploy a worker that has a handler for this kind'
        when error_code in ('BAD_OUTCOME', 'RESULT_TOO_LARGE') then 'correct what the handler answers'
        when error_code = 'EXEC_FAILED' then 'make sure that the handler''s command is there and may be executed'
        when error_code = 'HANDLER_ERROR' or error_code ~ '^EXIT_' then 'look for the error in the handler''s log'
        when error_code ~ '^HTTP_4' then 'correct the request or the endpoint: it was refused'
        when error_code ~ '^HTTP_5' then 'look into the endpoint''s log; retries go on meanwhile'
        when error_code ~ '^SIGNAL_' then 'find out what killed the handler''s command: out of memory, an operator, a crash'
        when error_code is not null then 'look for the code in the handler that gave it'
    end
$$;
