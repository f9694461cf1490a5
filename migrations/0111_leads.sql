-- Read model `leads`: one row per lead. Lists show either the archived leads or the others, so every index for lists
-- starts there; and as lists end with the newest, or begin with it, every one goes on by age.
create table read_models.leads (
    tenant_id         uuid        not null,
    id                uuid        not null,
    archived          boolean     not null,
    -- 1 new, 2 contacted, 3 qualified, 4 appointment set, 5 converted, 6 lost: sorts along the way.
    status            smallint    not null,
    source            text        collate "C" not null,
    assigned_to       uuid,
    -- -1 for a lead that nobody has judged.
    score             smallint    not null,
    -- In lower case, empty where unknown.
    last_name         text        collate "C" not null,
    -- Never, where nothing is planned.
    next_follow_up_at timestamptz not null,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    words             tsvector    not null,
    state             json        not null,
    primary key (tenant_id, id)
);
create index leads_created on read_models.leads (tenant_id, archived, created_at, id);
create index leads_updated on read_models.leads (tenant_id, archived, updated_at, created_at, id);
create index leads_score on read_models.leads (tenant_id, archived, score, created_at, id);
create index leads_status on read_models.leads (tenant_id, archived, status, created_at, id);
create index leads_source on read_models.leads (tenant_id, archived, source, created_at, id);
create index leads_last_name on read_models.leads (tenant_id, archived, last_name, created_at, id);
create index leads_follow_up on read_models.leads (tenant_id, archived, next_follow_up_at, created_at, id);
create index leads_assigned on read_models.leads (tenant_id, archived, assigned_to, created_at, id)
    where assigned_to is not null;
-- The newest of the least, for the two orders with many equals.
create index leads_score_newest on read_models.leads (tenant_id, archived, score, created_at desc, id desc);
create index leads_status_newest on read_models.leads (tenant_id, archived, status, created_at desc, id desc);
-- A list of pending entries would be read in full by every search.
create index leads_words on read_models.leads using gin (words) with (fastupdate = off);
select protect_tenant_table('read_models.leads');
grant select, insert, update, delete on read_models.leads to seiketsu_system;

-- The leads of the running transaction's tenant that have certain words, without their state.
--
-- Row-level security admits a condition to an index only where it cannot leak, which is not promised of `@@`. So this
-- one query runs as the system role and looks after the tenant itself. `telling` goes to the index, `whole` does not:
-- a beginning that half of the leads have would cost more to look up than to check.
create function read_models.leads_with_words(telling tsquery, whole tsquery)
    returns table (id uuid, archived boolean, status smallint, source text, assigned_to uuid, score smallint,
                   last_name text, next_follow_up_at timestamptz, created_at timestamptz, updated_at timestamptz)
    language sql stable security definer rows 1000
    set search_path = pg_catalog set enable_seqscan = off set enable_indexscan = off as $$
    select l.id, l.archived, l.status, l.source, l.assigned_to, l.score,
           l.last_name, l.next_follow_up_at, l.created_at, l.updated_at
      from read_models.leads l
     where l.words @@ telling and (l.words @@ whole) is true and l.tenant_id = public.current_tenant()
$$;
alter function read_models.leads_with_words owner to seiketsu_system;
revoke execute on function read_models.leads_with_words from public;
grant execute on function read_models.leads_with_words to seiketsu_app;
