-- Read model `hot_leads`: one row per lead that somebody should act on today, and none for any other.
create table read_models.hot_leads (
    tenant_id        uuid        not null,
    id               uuid        not null,
    score            smallint    not null,
    last_activity_at timestamptz not null,
    state            json        not null,
    primary key (tenant_id, id)
);
create index hot_leads_rank on read_models.hot_leads (tenant_id, score, last_activity_at, id);
select protect_tenant_table('read_models.hot_leads');
grant select, insert, update, delete on read_models.hot_leads to seiketsu_system;
