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
    elsif tg_table_name = 'refusal_reader' then
        delete from queue_internal.refusal_reader as r where r.singleton = new.singleton;
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

-- A database with a publication of all tables refuses updates and deletes of a table whose rows it cannot name. These
-- have no primary key, and nothing but clean-up and rebase changes them: whole rows name them.
alter table queue_internal.delivery_0 replica identity full;
alter table queue_internal.delivery_1 replica identity full;
alter table queue_internal.delivery_2 replica identity full;
alter table queue_internal.delivery_kept replica identity full;
alter table queue_internal.claim_0 replica identity full;
alter table queue_internal.claim_1 replica identity full;
alter table queue_internal.claim_2 replica identity full;
alter table queue_internal.claim_kept replica identity full;
alter table queue_internal.lane replica identity full;
alter table queue_internal.event replica identity full;
alter table queue_internal.tally replica identity full;

create trigger take_place before insert on queue_internal.refusal_reader
for each row execute function queue_internal.take_place();
