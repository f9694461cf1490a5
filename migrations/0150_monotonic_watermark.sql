-- How far a read model fed by Kafka is complete, without ever falling back.
--
-- A partition that rests is complete up to wherever the relay has come. When it has news, whoever had all of it before
-- is still complete up to there, though the last event it knows of the partition may be long past. So the relay keeps,
-- with each advance of a partition, how far it had come without one.

-- The furthest the relay has ever come: what was produced once is not undone when it starts again from further back.
alter table relay add column highest bigint not null default 0;
update relay set highest = position;

-- Between `after`, the last event of the partition then, and `complete_to` the partition has no event.
create table relay_rests (
    partition   text   not null,
    after       bigint not null,
    complete_to bigint not null,
    primary key (partition, after)
);
grant select, insert, delete on relay_rests to seiketsu_system;
grant select on relay_rests to seiketsu_app;

-- The position up to which a projection has applied everything, whatever mix of sources fed it. It only grows as long as
-- the projection's own positions do.
create or replace function projection_watermark(p_projection text, p_version integer) returns bigint
    language sql stable
    return (
        with own as (
            select partition, position from projection_checkpoints
             where projection = p_projection and version = p_version
        ), floor as (
            select coalesce(max(position) filter (where partition = '*'), 0) as position,
                   bool_or(partition <> '*') as fed_by_kafka
              from own
        ), lagging as (
            select greatest(place.position,
                            (select rest.complete_to from relay_rests rest
                              where rest.partition = produced.partition and rest.after <= place.position
                              order by rest.after desc limit 1)) as position
              from relay_partitions produced
              cross join floor
              left join own on own.partition = produced.partition
              cross join lateral (select greatest(floor.position, coalesce(own.position, 0)) as position) place
             where place.position < produced.position
        )
        select case when not coalesce(floor.fed_by_kafka, false) then floor.position
                    else coalesce((select min(lagging.position) from lagging),
                                  (select max(greatest(floor.position, relay.position, relay.highest)) from relay),
                                  floor.position)
               end
          from floor
    );
