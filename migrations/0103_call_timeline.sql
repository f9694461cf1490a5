-- Read model `call_timeline`: one row per event of a call or of one of its escalations.
create table read_models.call_timeline (
    tenant_id   uuid        not null,
    call_id     uuid        not null,
    position    bigint      not null,
    -- The call or the escalation it happened to.
    subject     uuid        not null,
    type        text        not null,
    title       text        not null,
    actor       uuid,
    data        json,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    primary key (tenant_id, call_id, position)
);
create index call_timeline_in_order on read_models.call_timeline (tenant_id, call_id, occurred_at, position);
-- Only the first event of an escalation names its call; the later ones find it here.
create index call_timeline_escalation on read_models.call_timeline (tenant_id, subject) where type = 'escalation.raised';
select protect_tenant_table('read_models.call_timeline');
grant select, insert, update, delete on read_models.call_timeline to seiketsu_system;
