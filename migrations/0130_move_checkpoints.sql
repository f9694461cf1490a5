-- Moves the checkpoints of projections that share a transaction, or none of them: one round trip for what has to be
-- several statements. Each of them takes its own snapshot, the second after the locks of the first were granted: so it
-- sees what whoever held them has committed.
--
-- The row `*` of each projection is locked first, in the order of names, with nothing else locked: exclusively where
-- the whole store moves, else shared with those who move other partitions. False where any row is not where its worker
-- believes it to be; the caller must roll back.
create function move_checkpoints(
    -- one entry per projection
    p_projection text[], p_version integer[], p_position bigint[], p_generation bigint[],
    -- one entry per row to move
    m_projection text[], m_version integer[], m_partition text[], m_expected bigint[], m_next bigint[], m_offset bigint[],
    -- where the whole store moves: what the other partitions of the projection add up to, that is, not have moved
    m_others bigint[]
) returns boolean
    language plpgsql
    as $$
declare
    as_believed bigint;
    moved bigint;
begin
    if '*' = any (m_partition) then
        select count(*) into as_believed
          from (select c.position, c.generation, n.position as expected, n.generation as known
                  from projection_checkpoints c
                  join unnest(p_projection, p_version, p_position, p_generation)
                       as n(projection, version, position, generation) using (projection, version)
                 where c.partition = '*' order by c.projection for update of c) held
         where held.position = held.expected and held.generation = held.known;
    else
        select count(*) into as_believed
          from (select c.position, c.generation, n.position as expected, n.generation as known
                  from projection_checkpoints c
                  join unnest(p_projection, p_version, p_position, p_generation)
                       as n(projection, version, position, generation) using (projection, version)
                 where c.partition = '*' order by c.projection for share of c) held
         where held.position = held.expected and held.generation = held.known;
    end if;
    if as_believed <> cardinality(p_projection) then
        return false;
    end if;
    update projection_checkpoints c
       set position = n.next, next_offset = coalesce(n.next_offset, c.next_offset), moved_at = now()
      from unnest(m_projection, m_version, m_partition, m_expected, m_next, m_offset, m_others)
           as n(projection, version, partition, expected, next, next_offset, others)
     where c.projection = n.projection and c.version = n.version and c.partition = n.partition
       and c.position = n.expected
       and (n.others is null or n.others = (
               select coalesce(sum(o.position), 0) from projection_checkpoints o
                where o.projection = n.projection and o.version = n.version and o.partition <> '*'));
    get diagnostics moved = row_count;
    return moved = cardinality(m_projection);
end $$;
revoke execute on function move_checkpoints from public;
grant execute on function move_checkpoints to seiketsu_system;
