-- History as receipts: what a call settles of a claim as succeeded is one row, not one for each job. Every settlement
-- of such a claim writes the claim's next receipt, so that no two of them overlook each other.

create or replace function queue_internal.write_receipt(
    claim_row queue_internal.claim,
    job_ids bigint[],
    results jsonb[] default null,
    names_them boolean default true
)
returns bigint[]
language plpgsql volatile
as $$
-- Of the jobs of a claim with receipts those that nobody has settled; null for none. Writes the claim's next receipt,
-- which says that they have succeeded; or, not names_them, names none, and the caller writes what became of them. Waits
-- for who writes the same receipt, looks again when that was committed; 40001 for a transaction with an old snapshot.
declare
    v_jobs constant bigint[] := coalesce(claim_row.job_ids, claim_row.ids);
    v_open record;
begin
    loop
        with settled as materialized (
            select array(
                select unnest(coalesce(a.job_ids, array[a.job_id]))
                from queue_internal.attempt as a
                where a.lease_token = claim_row.token) as job_ids
        ),
        wanted as materialized (
            select array_agg(j.job_id order by j.place) as job_ids,
                case when claim_row.attempts is not null then array_agg(j.attempt order by j.place) end as attempts,
                case when bool_or(w.result is not null) then array_agg(w.result order by j.place) end as results
            from unnest(v_jobs, claim_row.attempts) with ordinality as j (job_id, attempt, place)
            join (
                select g.job_id, (array_agg(g.result order by g.place))[1] as result
                from unnest(write_receipt.job_ids, write_receipt.results) with ordinality as g (job_id, result, place)
                group by g.job_id
                offset 0
            ) as w on w.job_id = j.job_id
            cross join settled as s
            where j.job_id <> all (s.job_ids)
        ),
        written as (
            insert into queue_internal.attempt (slot, lease_token, job_id, finished_at, attempt, outcome, job_ids, attempts,
                results)
            select claim_row.home, claim_row.token, coalesce((
                    select min(a.job_id)
                    from queue_internal.attempt as a
                    where a.lease_token = claim_row.token and a.job_id < 0 and a.slot = claim_row.home), 0) - 1,
                queue.now(), 1, 'succeeded', case when names_them then o.job_ids else '{}' end,
                case when names_them then o.attempts end, case when names_them then o.results end
            from wanted as o
            where o.job_ids is not null
            on conflict do nothing
            returning true as is_mine
        )
        select o.job_ids, w.is_mine into v_open from wanted as o left join written as w on true;
        if v_open.job_ids is null or v_open.is_mine then
            return v_open.job_ids;
        end if;
    end loop;
end
$$;

create or replace function queue_internal.attempts_of(job_id bigint, last queue_internal.settled)
returns table (
    job_id bigint,
    attempt int,
    outcome text,
    error_code text,
    error_message text,
    worker text,
    claimed_at timestamptz,
    finished_at timestamptz
)
language sql stable
as $$
    -- A job's settled attempts. The last one is given, as by standing(): receipts are not found by a job's id, and say
    -- of no job more than that its last attempt succeeded.
    select t.job_id, t.attempt::int, t.outcome::text, t.error_code, t.error_message, c.worker, c.claimed_at, t.finished_at
    from (
        select a.lease_token, a.job_id, a.attempt, a.outcome, a.error_code, a.error_message, a.finished_at
        from queue_internal.attempt as a
        where a.job_id = attempts_of.job_id and a.job_id > 0
        union all
        select l.lease_token, l.job_id, l.attempt, l.outcome, l.error_code, l.error_message, l.finished_at
        from (select (attempts_of.last).*) as l
        where l.job_id is not null and not exists (
            select from queue_internal.attempt as a
            where a.lease_token = l.lease_token and a.job_id = l.job_id and a.job_id > 0)
    ) as t
    left join lateral (
        select k.worker, k.claimed_at from queue_internal.claim as k where k.token = t.lease_token limit 1
    ) as c on true
$$;
