create or replace function queue_internal.is_foreign()
returns boolean
language sql stable
as $$
    -- Whether this data came from another cluster, whose transaction ids mean nothing here: a restored dump, a
    -- logical replica, an upgraded cluster.
    select exists (
        select from queue_internal.rotation as r, pg_control_system() as c
        where r.system_identifier is distinct from c.system_identifier)
$$;

create or replace function queue_internal.rebase()
returns int
language plpgsql volatile
as $$
-- Renumbers deliveries and cursors in this cluster's transaction ids. What was handed out is told from the claims'
-- own lists of ids, not from their snapshots. Rewrites the delivery log once, locked against all else.
-- Returns how many deliveries wait.
declare
    v_lane bigint;
    v_cursor queue_internal.claim;
    v_waiting int;
begin
    lock table queue_internal.delivery, queue_internal.claim in share row exclusive mode;
    if not queue_internal.is_foreign() then
        return 0;
    end if;
    update queue_internal.delivery as d
    set xid = case
        when d.id in (select u.id from queue_internal.claim as c cross join lateral unnest(c.ids) as u (id)) then '3'
        when d.id in (select b.id from queue_internal.throttled as b) then '3'
        when d.lease_token is null and d.id <> (queue_internal.latest(d.job_id)).id then '3'
        when exists (select from queue_internal.void as v where v.lane = d.lane and v.id = d.id) then '3'
        when d.lease_token is null and d.job_id in (select c.job_id from queue_internal.canceled as c) then '3'
        else pg_current_xact_id()
    end;
    for v_lane in select distinct l.lane from queue_internal.lane as l loop
        v_cursor := queue_internal.lane_cursor(v_lane);
        if v_cursor.lane is null then
            continue;
        end if;
        v_cursor.before := queue_internal.cursor_snapshot();
        v_cursor.upto := v_cursor.before;
        v_cursor.last_xid := '0';
        v_cursor.last_id := 0;
        v_cursor.exhausted := true;
        v_cursor.before_xids := null;
        v_cursor.before_ids := null;
        v_cursor.own_xids := null;
        v_cursor.own_ids := null;
        perform queue_internal.move_cursor(v_cursor);
    end loop;
    -- Among what waits, a row is passed by its time, not by its transaction: void ones must stay so until then.
    delete from queue_internal.void as v
    where v.lane not in (select l.lane from queue_internal.lane as l where l.purpose = 'waiting');
    delete from queue_internal.idle;
    update queue_internal.lane as l set rested = null where l.rested is not null;
    update queue_internal.blocked as b set seen = null where b.released_at is null;
    update queue_internal.rotation as r
    set system_identifier = (select c.system_identifier from pg_control_system() as c)
    where r.singleton;
    perform queue_internal.note_carried(null, null, null);
    perform queue_internal.renew_guards();
    select count(*) into v_waiting
    from queue_internal.delivery as d
    where d.xid = pg_current_xact_id() and d.lease_token is null;
    return v_waiting;
end
$$;
