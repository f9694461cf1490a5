-- Read model `analytics`: what happened per minute, hour and day (UTC). A row is written per bucket in which there was
-- something to count, so the table grows with activity and not with time.
--
-- Minute rows may be deleted once nobody asks for minutes that old: hours and days do not depend on them.
create table read_models.analytics_rollups (
    tenant_id uuid        not null,
    -- calls, leads, agents, escalations or consent.
    subject   text        not null,
    -- minute, hour or day.
    grain     text        not null,
    -- The first moment of the minute, hour or day.
    bucket    timestamptz not null,
    -- Whose figures they are: the agent, for agents; empty elsewhere.
    dimension text        not null,
    -- What happened, and what more it says (`outcome.no_answer`, `value.USD`, `denied.REVOKED`).
    metric    text        not null,
    -- How often it happened, and the sum of what was measured (seconds, milliseconds, cents; 0 where nothing is).
    count     bigint      not null,
    sum       bigint      not null,
    primary key (tenant_id, subject, grain, bucket, dimension, metric)
);
select protect_tenant_table('read_models.analytics_rollups');
grant select, insert, update, delete on read_models.analytics_rollups to seiketsu_system;
