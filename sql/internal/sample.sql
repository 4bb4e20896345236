-- Numbers about large logs, from a few of their blocks: rows are appended, so what was written in a time, or after a
-- row, stands in a run of blocks at the end of a partition. Reading some of them tells how many rows there are, to a
-- few per cent when they are many and mixed well, however long the run is.

create or replace function queue_internal.block_count(relation regclass)
returns bigint
language sql stable
as $$
    select pg_relation_size(relation) / current_setting('block_size')::int
$$;

create or replace function queue_internal.slot_blocks(log text, slot int)
returns bigint
language sql stable
as $$
    select queue_internal.block_count(format('queue_internal.%s_%s', log, slot)::regclass)
$$;

create or replace function queue_internal.spread(from_block bigint, to_block bigint, max_blocks int)
returns setof bigint
language sql volatile
as $$
    -- All blocks from from_block to before to_block, or when there are more than max_blocks one of each equal share.
    select case when to_block - from_block <= max_blocks then from_block + n.place
        else from_block + floor((n.place + random()) * (to_block - from_block) / max_blocks)::bigint end
    from generate_series(0, least(to_block - from_block, max_blocks) - 1) as n (place)
$$;

create or replace function queue_internal.steady_spread(from_block bigint, to_block bigint, max_blocks int)
returns setof bigint
language plpgsql volatile
as $$
-- The same, but the same blocks for as long as the length is about the same, so that they are at hand: 16 of 32 at
-- least.
declare
    v_step bigint := 1;
begin
    while (to_block - from_block) / v_step >= max_blocks loop
        v_step := 2 * v_step;
    end loop;
    return query
    select c.block
    from generate_series(from_block / v_step, to_block / v_step) as n (cell)
    cross join lateral (select n.cell * v_step + abs(hashint8(n.cell)::bigint) % v_step as block) as c
    where c.block >= from_block and c.block < to_block;
end
$$;

create or replace function queue_internal.block_start(block bigint)
returns tid
language sql stable
as $$
    -- not immutable, as format is not: else it would not be inlined
    select format('(%s,0)', block)::tid
$$;

create or replace function queue_internal.first_block_since(slot int, since timestamptz)
returns bigint
language plpgsql stable
as $$
-- The first block of a slot's attempts that has one finished since then, by binary search: they are in order of time,
-- but for the lengths of transactions.
declare
    v_low bigint := 0;
    v_high bigint := queue_internal.slot_blocks('attempt', slot);
    v_middle bigint;
    v_at timestamptz;
begin
    while v_low < v_high loop
        v_middle := (v_low + v_high) / 2;
        select a.finished_at into v_at
        from queue_internal.attempt as a
        where a.slot = first_block_since.slot and a.ctid >= queue_internal.block_start(v_middle)
        limit 1;
        if v_at < since then
            v_low := v_middle + 1;
        else
            v_high := v_middle;
        end if;
    end loop;
    return greatest(v_low - 1, 0);
end
$$;
