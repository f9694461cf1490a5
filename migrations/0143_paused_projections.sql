-- Projections an operator has stopped: workers leave them where they are until the row is gone. Under the name and not at
-- the checkpoint, so that rebuilds and new versions do not start them again.
create table paused_projections (
    projection text        primary key,
    reason     text        not null,
    -- `user:<id>`, or `cli:<login>` for somebody at the machine.
    paused_by  text        not null,
    paused_at  timestamptz not null default now()
);
grant select, insert, delete on paused_projections to seiketsu_system;
grant select on paused_projections to seiketsu_app;
