-- Read model `crm_sync_queue`: one row per lead that changed since it was last synced.
create table read_models.crm_sync_queue (
    tenant_id        uuid        not null,
    lead_id          uuid        not null,
    change           text        not null check (change in ('created', 'updated', 'archived')),
    -- Sorted, each name once.
    changed_fields   text[]      not null,
    first_changed_at timestamptz not null,
    last_changed_at  timestamptz not null,
    last_position    bigint      not null,
    version          bigint      not null,
    primary key (tenant_id, lead_id)
);
create index crm_sync_queue_in_order on read_models.crm_sync_queue (tenant_id, first_changed_at, lead_id);
select protect_tenant_table('read_models.crm_sync_queue');
grant select, insert, update, delete on read_models.crm_sync_queue to seiketsu_system;
