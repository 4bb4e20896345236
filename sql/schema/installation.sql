create table queue_internal.installation (
    version text not null,
    installed_at timestamptz not null default now()
);
comment on table queue_internal.installation is
    'One row for every version installed here; the newest is the running one';

insert into queue_internal.installation (version) values ('0.1.0');
