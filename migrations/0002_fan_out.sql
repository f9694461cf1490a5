-- How far events have travelled: relay and projections.

-- One relay per database is active: the holder of the lease. Its checkpoint moves only under its epoch.
create table relay (
    name        text        primary key,
    position    bigint      not null default 0,
    epoch       bigint      not null default 0,
    owner       uuid,
    lease_until timestamptz not null default '-infinity',
    moved_at    timestamptz not null default now()
);

-- The last position produced to each Kafka partition (`call/3`), so that an idle partition is known to be complete.
create table relay_partitions (
    partition text   primary key,
    position  bigint not null
);

-- How far each projection has applied, per source partition. Partition `*` is all events of the store; a partition
-- of Kafka (`call/3`) counts as applied up to the larger of its own row and `*`.
create table projection_checkpoints (
    projection  text        not null,
    version     integer     not null,
    partition   text        not null,
    position    bigint      not null default 0,
    -- Kafka offset to continue from; null for `*`.
    next_offset bigint,
    moved_at    timestamptz not null default now(),
    primary key (projection, version, partition)
) with (fillfactor = 50);

-- Events a projection could not apply, and the later events of their streams, in order.
create table dead_letters (
    projection     text        not null,
    position       bigint      not null,
    tenant_id      uuid        not null,
    aggregate_type text        not null,
    aggregate_id   uuid        not null,
    sequence       bigint      not null,
    event_type     text        not null,
    -- Null for an event that is only held back behind a failed one.
    error          text,
    parked_at      timestamptz not null default now(),
    primary key (projection, position)
);
create index dead_letters_stream on dead_letters (projection, tenant_id, aggregate_type, aggregate_id);
select protect_tenant_table('dead_letters', '');

grant select, insert, update, delete on relay, relay_partitions, projection_checkpoints, dead_letters to seiketsu_system;
grant select on relay, relay_partitions, projection_checkpoints to seiketsu_app;

-- Read models live in a schema of their own and are found by search path, so that a rebuild can fill tables of the
-- same names in another schema with the same code.
create schema read_models;
grant usage, create on schema read_models to seiketsu_system;
grant usage on schema read_models to seiketsu_app;

-- The position up to which a projection has applied everything, whatever mix of sources fed it.
create function projection_watermark(p_projection text, p_version integer) returns bigint
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
            select greatest(floor.position, coalesce(own.position, 0)) as position
              from relay_partitions produced
              cross join floor
              left join own on own.partition = produced.partition
             where greatest(floor.position, coalesce(own.position, 0)) < produced.position
        )
        select case when not coalesce(floor.fed_by_kafka, false) then floor.position
                    else coalesce((select min(lagging.position) from lagging),
                                  greatest(floor.position, coalesce((select max(relay.position) from relay), 0)))
               end
          from floor
    );
