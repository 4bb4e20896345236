-- The least that a durable queue could write: one row, one index.
create table bare (
    id bigserial primary key,
    queue text not null,
    kind text not null,
    payload jsonb
);
