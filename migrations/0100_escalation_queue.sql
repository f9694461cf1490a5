-- Read model `escalation_queue`: one row per escalation.
create table read_models.escalations (
    tenant_id   uuid        not null,
    id          uuid        not null,
    call_id     uuid        not null,
    status      text        not null,
    -- 1 critical, 2 high, 3 normal: sorts most urgent first.
    urgency     smallint    not null,
    open        boolean     not null,
    assigned_to uuid,
    raised_at   timestamptz not null,
    due_at      timestamptz not null,
    state       json        not null,
    primary key (tenant_id, id)
);
create index escalations_queue on read_models.escalations (tenant_id, open desc, urgency, raised_at, id);
create index escalations_call on read_models.escalations (tenant_id, call_id);
select protect_tenant_table('read_models.escalations');
grant select, insert, update, delete on read_models.escalations to seiketsu_system;
