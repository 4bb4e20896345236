-- A dump of the extension holds rows that create extension has made anew by the time they are restored. The dumped
-- ones take their place: they hold what the user set, and which cluster the transaction ids are of.
create function queue_internal.take_place()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
-- Promise: the row to be inserted replaces the one with its key. For the rows that an install makes only.
begin
    if tg_table_name = 'rotation' then
        delete from queue_internal.rotation as r where r.singleton = new.singleton;
    else
        delete from queue_internal.queue as q where q.name = new.name;
    end if;
    return new;
end
$$;
comment on function queue_internal.take_place() is 'Lets a restored row replace the one that the install made';

create trigger take_place before insert on queue_internal.rotation
for each row execute function queue_internal.take_place();

create trigger take_place before insert on queue_internal.queue
for each row when (new.name = '') execute function queue_internal.take_place();
