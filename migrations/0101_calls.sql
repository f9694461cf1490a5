-- Read model `calls`: one row per call, and the words it is found by.
create table read_models.calls (
    tenant_id        uuid        not null,
    id               uuid        not null,
    status           text        not null,
    direction        text        not null,
    agent_id         uuid,
    lead_id          uuid,
    phone_number     text        not null,
    started_at       timestamptz not null,
    -- While the line is open: later and longer than anything, so that both sort in one index either way.
    ended_at         timestamptz not null default 'infinity',
    duration_seconds bigint      not null default 9223372036854775807,
    state            json        not null,
    primary key (tenant_id, id)
);
create index calls_started on read_models.calls (tenant_id, started_at, id);
create index calls_ended on read_models.calls (tenant_id, ended_at, id);
create index calls_duration on read_models.calls (tenant_id, duration_seconds, id);
create index calls_status on read_models.calls (tenant_id, status, started_at, id);
create index calls_direction on read_models.calls (tenant_id, direction, started_at, id);
create index calls_phone on read_models.calls (tenant_id, phone_number, started_at, id);
create index calls_agent on read_models.calls (tenant_id, agent_id, started_at, id) where agent_id is not null;
create index calls_lead on read_models.calls (tenant_id, lead_id, started_at, id) where lead_id is not null;
select protect_tenant_table('read_models.calls');
grant select, insert, update, delete on read_models.calls to seiketsu_system;

-- While a call lasts, each event that brings words adds a row: extending one row of all its words would write each
-- of them to the index again with every turn (measured at 60 turns: 2,100 events/s against 32,000). When it ends,
-- one row (part 0) takes the place of all.
create table read_models.call_words (
    tenant_id uuid     not null,
    call_id   uuid     not null,
    -- Sequence of the event; 0 for the whole call.
    part      bigint   not null,
    -- What counts towards the most that is indexed of a call; 0 for what always is.
    chars     bigint   not null,
    -- With the tenant as a word, so that a search reads the index for its own tenant only.
    words     tsvector not null,
    primary key (tenant_id, call_id, part)
);
create index call_words_search on read_models.call_words using gin (words);
select protect_tenant_table('read_models.call_words');
grant select, insert, update, delete on read_models.call_words to seiketsu_system;

create aggregate concat_words(tsvector) (sfunc = tsvector_concat, stype = tsvector, initcond = '');

-- The word that stands for a tenant.
create function tenant_word(tenant uuid) returns text
    language sql immutable parallel safe
    return 'tenant:' || tenant;

-- Calls of the running transaction's tenant that have the words of a search, at most `most` rows of them.
--
-- Row-level security admits a condition to an index only where it cannot leak, which is not promised of `@@`. So this
-- one query runs as the system role and looks after the tenant itself.
create function read_models.calls_with_words(search text, most integer) returns uuid[]
    language sql stable security definer
    set search_path = pg_catalog set enable_seqscan = off as $$
    select coalesce(array_agg(found.call_id), '{}')
      from (select w.tenant_id, w.call_id
              from read_models.call_words w
             where numnode(websearch_to_tsquery('simple', search)) > 0
               and w.words @@ (quote_literal(public.tenant_word(public.current_tenant()))::tsquery
                               && websearch_to_tsquery('simple', search))
             limit most) found
     where found.tenant_id = public.current_tenant()
$$;
alter function read_models.calls_with_words owner to seiketsu_system;
revoke execute on function read_models.calls_with_words from public;
grant execute on function read_models.calls_with_words to seiketsu_app;
