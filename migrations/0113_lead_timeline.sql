-- Read model `lead_timeline`: one row per event of a lead, or of a call that concerns or may come to concern one.
create table read_models.lead_timeline (
    tenant_id   uuid        not null,
    -- The lead itself, or the lead of the call as of its latest link; null while the call has none.
    lead_id     uuid,
    position    bigint      not null,
    -- The lead or the call it happened to.
    subject     uuid        not null,
    type        text        not null,
    title       text        not null,
    actor       uuid,
    data        json,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    primary key (tenant_id, subject, position)
);
create index lead_timeline_in_order on read_models.lead_timeline (tenant_id, lead_id, occurred_at, position) where lead_id is not null;
select protect_tenant_table('read_models.lead_timeline');
grant select, insert, update, delete on read_models.lead_timeline to seiketsu_system;
