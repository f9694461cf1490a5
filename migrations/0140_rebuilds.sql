-- Rebuilds under way: what a second start needs to go on where the first was interrupted. The rows of the model being
-- built are in schema `rebuild_<name>`; its checkpoint and what it parked are kept under that name, too. `reached`,
-- counts and checkpoint move in the transaction that writes the rows they stand for.
create table rebuilds (
    projection text        primary key,
    -- Of the code that fills the tables; other code begins anew.
    version    integer     not null,
    -- Fingerprint of the live tables' definition: after a migration it begins anew, too.
    shape      text        not null,
    phase      text        not null check (phase in ('load', 'index', 'catch_up')),
    -- The load reads events up to this position, stream by stream.
    boundary   bigint      not null,
    -- The last aggregate id loaded, with all streams of that id.
    reached    uuid,
    -- Events of the load: read so far, and altogether.
    loaded     bigint      not null default 0,
    to_load    bigint      not null,
    started_at timestamptz not null default now(),
    moved_at   timestamptz not null default now()
);
grant select, insert, update, delete on rebuilds to seiketsu_system;
