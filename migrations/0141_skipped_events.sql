-- Events an operator told a read model to go on without: who, when and why. Later events of their streams follow the one
-- before them. Kept for good: rebuilds go without them, too.
create table skipped_events (
    projection     text        not null,
    position       bigint      not null,
    tenant_id      uuid        not null,
    aggregate_type text        not null,
    aggregate_id   uuid        not null,
    sequence       bigint      not null,
    event_type     text        not null,
    -- Why it could not be applied.
    error          text        not null,
    -- Why it was skipped.
    reason         text        not null,
    -- `user:<id>`, or `cli:<login>` for somebody at the machine.
    skipped_by     text        not null,
    skipped_at     timestamptz not null default now(),
    primary key (projection, position)
);
select protect_tenant_table('skipped_events', '');
grant select, insert on skipped_events to seiketsu_system;
