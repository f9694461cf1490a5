-- Read model `leads`: what is shown of a lead, apart from what leads are listed and found by. Searches look at
-- thousands of leads to show twenty; a third of the size, they stay in memory.
create table read_models.lead_states (
    tenant_id uuid not null,
    id        uuid not null,
    state     json not null,
    primary key (tenant_id, id)
) with (fillfactor = 80);
select protect_tenant_table('read_models.lead_states');
grant select, insert, update, delete on read_models.lead_states to seiketsu_system;

-- The owner of the tables sees no rows: the system role does.
set local role seiketsu_system;
insert into read_models.lead_states select tenant_id, id, state from read_models.leads;
reset role;
alter table read_models.leads drop column state;
