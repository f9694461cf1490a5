-- The audit log: per tenant a Merkle tree (RFC 6962) over its events in committed order, appended to by one process at
-- a time, behind the store and never in its way. `docs/AUDIT.md` says how it is verified.

-- Every event up to here is a leaf. Whoever appends holds this row's lock, so that two processes cannot fork the log.
create table audit_progress (
    only_row boolean primary key default true check (only_row),
    position bigint  not null default 0
);
insert into audit_progress default values;
grant select, update on audit_progress to seiketsu_system;

create table audit_trees (
    tenant_id uuid   not null primary key,
    size      bigint not null,
    -- Of the last leaf.
    position  bigint not null
);
select protect_tenant_table('audit_trees');

-- 256 hashes each: level 0 are the leaves, level l roots of 256^l leaves. The last tile of a level grows, full ones stay.
create table audit_tiles (
    tenant_id      uuid     not null,
    level          smallint not null,
    tile           bigint   not null,
    -- 32 bytes per hash.
    hashes         bytea    not null,
    -- Level 0: the positions of the events, 8 bytes each, big-endian; and the first of them.
    positions      bytea    not null,
    first_position bigint,
    primary key (tenant_id, level, tile)
);
-- Hashes do not compress.
alter table audit_tiles alter column hashes set storage external, alter column positions set storage external;
create index audit_tiles_position on audit_tiles (tenant_id, first_position) where level = 0;
select protect_tenant_table('audit_tiles');

-- Signed notes, one per tenant and round.
create table audit_checkpoints (
    tenant_id  uuid        not null,
    size       bigint      not null,
    position   bigint      not null,
    note       text        not null,
    public_key text        not null,
    signed_at  timestamptz not null,
    primary key (tenant_id, size)
);
select protect_tenant_table('audit_checkpoints');

grant select, insert, update on audit_trees, audit_tiles to seiketsu_system;
grant select, insert on audit_checkpoints to seiketsu_system;
