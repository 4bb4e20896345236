create schema queue;
comment on schema queue is 'Quoll: a job and event queue. Public functions, types and read-only views';

create schema queue_internal;
comment on schema queue_internal is 'Quoll: tables and helpers. Nothing here is API';
