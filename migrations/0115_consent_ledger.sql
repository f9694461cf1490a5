-- Read model `consent_ledger`: one row per contact point, and one per event of its ledger.
create table read_models.consent_contacts (
    tenant_id  uuid        not null,
    id         uuid        not null,
    -- granted, revoked, dnc or none: what stands out.
    status     text        not null,
    -- The channels some grant covers.
    channels   text[]      not null,
    updated_at timestamptz not null,
    state      json        not null,
    primary key (tenant_id, id)
);
create index consent_contacts_in_order on read_models.consent_contacts (tenant_id, updated_at desc, id desc);
create index consent_contacts_status on read_models.consent_contacts (tenant_id, status, updated_at desc, id desc);
select protect_tenant_table('read_models.consent_contacts');
grant select, insert, update, delete on read_models.consent_contacts to seiketsu_system;

create table read_models.consent_history (
    tenant_id     uuid        not null,
    consent_id    uuid        not null,
    sequence      bigint      not null,
    position      bigint      not null,
    event_id      uuid        not null,
    type          text        not null,
    event_version integer     not null,
    actor         uuid,
    payload       json        not null,
    occurred_at   timestamptz not null,
    recorded_at   timestamptz not null,
    primary key (tenant_id, consent_id, sequence)
);
select protect_tenant_table('read_models.consent_history');
grant select, insert, update, delete on read_models.consent_history to seiketsu_system;
