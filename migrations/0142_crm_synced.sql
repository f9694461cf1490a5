-- Up to which version connectors have written each lead, beside the queue they take leads from: rows of the queue go and
-- come with rebuilds, what was done does not.
create table crm_synced (
    tenant_id uuid        not null,
    lead_id   uuid        not null,
    version   bigint      not null,
    synced_at timestamptz not null default now(),
    primary key (tenant_id, lead_id)
);
select protect_tenant_table('crm_synced', '');
grant select, insert, update on crm_synced to seiketsu_system;
