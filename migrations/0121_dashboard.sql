-- Read model `dashboard`: counters of each UTC day, counters since the beginning, and one row per escalation.

-- Only the rows of today are read; older ones may be deleted at any time.
create table read_models.dashboard_days (
    tenant_id uuid   not null,
    day       date   not null,
    metric    text   not null,
    -- What the metric is broken down by, such as a rule; empty where it is not.
    dimension text   not null,
    value     bigint not null,
    primary key (tenant_id, day, metric, dimension)
);
select protect_tenant_table('read_models.dashboard_days');
grant select, insert, update, delete on read_models.dashboard_days to seiketsu_system;

create table read_models.dashboard_totals (
    tenant_id uuid   not null,
    metric    text   not null,
    dimension text   not null,
    value     bigint not null,
    primary key (tenant_id, metric, dimension)
);
select protect_tenant_table('read_models.dashboard_totals');
grant select, insert, update, delete on read_models.dashboard_totals to seiketsu_system;

-- What counters cannot tell: which of the open ones are overdue, and how long those noticed today had waited.
create table read_models.dashboard_escalations (
    tenant_id       uuid        not null,
    id              uuid        not null,
    priority        text        not null,
    open            boolean     not null,
    due_at          timestamptz not null,
    acknowledged_at timestamptz,
    -- From the raise to the first notice.
    waited_seconds  bigint,
    state           json        not null,
    primary key (tenant_id, id)
);
create index dashboard_escalations_open on read_models.dashboard_escalations (tenant_id) where open;
create index dashboard_escalations_noticed on read_models.dashboard_escalations (tenant_id, acknowledged_at);
select protect_tenant_table('read_models.dashboard_escalations');
grant select, insert, update, delete on read_models.dashboard_escalations to seiketsu_system;
