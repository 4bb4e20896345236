-- The four roles that a user grants to. They are cluster-wide: another database may have made them already.
do $$
declare
    v_role text;
begin
    foreach v_role in array array['queue_producer', 'queue_worker', 'queue_operator', 'queue_monitor'] loop
        if not exists (select from pg_catalog.pg_roles where rolname = v_role) then
            begin
                execute pg_catalog.format('create role %I nologin', v_role);
            exception
                -- Another installation, in another database, made it between the look and the create.
                when duplicate_object or unique_violation then null;
                when insufficient_privilege then
                    raise exception 'role % does not exist and may not be created', v_role
                        using errcode = '42501',
                            hint = 'let an administrator run: create role queue_producer, queue_worker, '
                                'queue_operator and queue_monitor, each with nologin';
            end;
        end if;
    end loop;
end
$$;
