-- The event store: one table of events, one function that appends to it.
--
-- Two roles stand between connections and rows. `seiketsu_app` sees the rows of the tenant named by the setting
-- `seiketsu.tenant_id` and nothing without it; `seiketsu_system` (append, relay, projections) sees all tenants.
-- Row-level security is forced, so that even the owner of the tables goes through one of the two.

do $$
begin
    if not exists (select from pg_roles where rolname = 'seiketsu_app') then
        begin create role seiketsu_app nologin; exception when duplicate_object or unique_violation then null; end;
    end if;
    if not exists (select from pg_roles where rolname = 'seiketsu_system') then
        begin create role seiketsu_system nologin; exception when duplicate_object or unique_violation then null; end;
    end if;
    -- Act as both for a moment: being a member is not enough from PostgreSQL 16 on, where whoever creates a role may
    -- administer it and yet not act as it.
    begin
        set local role seiketsu_app;
        reset role;
        set local role seiketsu_system;
        reset role;
    exception when insufficient_privilege then
        execute format('grant seiketsu_app, seiketsu_system to %I', session_user);
    end;
end $$;

grant usage on schema public to seiketsu_app, seiketsu_system;

-- The tenant of the running transaction; null (which matches no row) where none was set.
create function current_tenant() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('seiketsu.tenant_id', true), '')::uuid;

-- Puts a table behind both walls. Every table with a tenant calls this once.
create function protect_tenant_table(name regclass, app_privileges text default 'select') returns void
    language plpgsql as $$
begin
    execute format('alter table %s enable row level security', name);
    execute format('alter table %s force row level security', name);
    execute format('create policy tenant_rows on %s to seiketsu_app using (tenant_id = current_tenant()) with check (tenant_id = current_tenant())', name);
    execute format('create policy all_rows on %s to seiketsu_system using (true) with check (true)', name);
    if app_privileges <> '' then
        execute format('grant %s on %s to seiketsu_app', app_privileges, name);
    end if;
end $$;

create sequence event_position;
grant usage, select on sequence event_position to seiketsu_system;

create table events (
    position       bigint      not null,
    tenant_id      uuid        not null,
    aggregate_type text        not null,
    aggregate_id   uuid        not null,
    sequence       bigint      not null check (sequence > 0),
    slot           smallint    not null,
    event_id       uuid        not null,
    event_type     text        not null,
    event_version  integer     not null,
    payload        json        not null,
    metadata       json        not null,
    occurred_at    timestamptz not null,
    recorded_at    timestamptz not null,
    primary key (tenant_id, aggregate_type, aggregate_id, sequence)
) with (autovacuum_vacuum_insert_scale_factor = 0, autovacuum_vacuum_insert_threshold = 1000000);

comment on table events is 'Append-only. One row per event; never updated or deleted.';
comment on column events.position is 'Place in the one committed order; grows with commit order, may skip numbers.';
comment on column events.slot is 'Hash of tenant and aggregate id, 0..1023; Kafka partition = slot modulo partitions.';
comment on column events.event_id is 'UUIDv5 of command id and index: a retry of a command makes the same ids.';

create unique index events_position on events (position);
create index events_tenant_position on events (tenant_id, position);
-- A permit is redeemed by its id alone.
create index events_permit on events (tenant_id, (payload #>> '{permit,id}')) where event_type = 'consent.checked';

select protect_tenant_table('events');
grant select, insert on events to seiketsu_system;

-- One row per idempotency key: what was asked (hash) and which version of which stream was the answer.
create table idempotency_keys (
    tenant_id      uuid        not null,
    key            text        not null,
    request_hash   bytea       not null,
    aggregate_type text        not null,
    aggregate_id   uuid        not null,
    version        bigint      not null,
    event_count    integer     not null,
    position       bigint      not null,
    created_at     timestamptz not null,
    primary key (tenant_id, key)
);
select protect_tenant_table('idempotency_keys');
grant select, insert, delete on idempotency_keys to seiketsu_system;

-- Decided state, so that a long stream loads as quickly as a short one. Rows of another state_version are ignored.
create table snapshots (
    tenant_id      uuid        not null,
    aggregate_type text        not null,
    aggregate_id   uuid        not null,
    state_version  integer     not null,
    last_sequence  bigint      not null,
    position       bigint      not null,
    payload        json        not null,
    taken_at       timestamptz not null default now(),
    primary key (tenant_id, aggregate_type, aggregate_id)
);
select protect_tenant_table('snapshots');
grant select, insert, update, delete on snapshots to seiketsu_system;

-- Appends a batch of commands, each of which succeeds or fails alone.
--
-- The advisory lock is held to the end of the transaction, that is until the rows are visible: whoever draws a
-- later position commits later, so a reader at position p can never miss a smaller one. The lock also makes the
-- version check a plain read. Every statement below takes its snapshot after the lock was granted.
--
-- outcome: 0 appended, 1 replayed (the key was used for the same request), 2 key used for another request,
-- 3 a stream is not at its expected version.
create function append_events(
    -- one entry per command
    c_tenant uuid[], c_key text[], c_hash bytea[], c_metadata text[],
    c_type text[], c_id uuid[], c_version bigint[], c_events integer[], c_position bigint[],
    -- one entry per stream a command touches
    s_command integer[], s_type text[], s_id uuid[], s_expected bigint[], s_slot smallint[],
    -- one entry per event, in order
    e_stream integer[], e_sequence bigint[], e_event_id uuid[], e_type text[], e_version integer[],
    e_payload text[], e_occurred_at timestamptz[]
) returns table (
    command integer, outcome smallint, last_position bigint,
    replayed_type text, replayed_id uuid, replayed_version bigint, replayed_events integer
)
    language plpgsql
    -- The plan is made once, when the tables may still be empty and reading them whole looks cheap, and then kept.
    -- Every look-up here is of one key: it must go through the index from the first day.
    set enable_seqscan = off
    set enable_bitmapscan = off
    as $$
declare
    v_now timestamptz;
begin
    perform pg_advisory_xact_lock(7310003);
    v_now := date_trunc('milliseconds', clock_timestamp());
    return query
    with c as materialized (
        select * from unnest(c_tenant, c_key, c_hash, c_metadata, c_type, c_id, c_version, c_events, c_position)
            with ordinality as c(tenant_id, key, hash, metadata, type, id, version, events, position, n)
    ), s as materialized (
        select * from unnest(s_command, s_type, s_id, s_expected, s_slot)
            with ordinality as s(command, type, id, expected, slot, n)
    ), seen as materialized (
        select c.n, k.request_hash = c.hash as same, k.position, k.aggregate_type, k.aggregate_id, k.version, k.event_count
          from c
         cross join lateral (
               select * from idempotency_keys where tenant_id = c.tenant_id and key = c.key limit 1) k
    ), open as materialized (
        select s.command
          from s join c on c.n = s.command
         where not exists (select from seen where seen.n = s.command)
         group by s.command
        having bool_and(s.expected = coalesce((
                   select e.sequence from events e
                    where e.tenant_id = c.tenant_id and e.aggregate_type = s.type and e.aggregate_id = s.id
                    order by e.sequence desc limit 1), 0))
    ), numbered as materialized (
        select nextval('event_position') as position, accepted.*
          from (select s.command, c.tenant_id, s.type, s.id, e.sequence, s.slot, e.event_id, e.event_type,
                       e.version, e.payload, c.metadata, e.occurred_at
                  from unnest(e_stream, e_sequence, e_event_id, e_type, e_version, e_payload, e_occurred_at)
                       with ordinality as e(stream, sequence, event_id, event_type, version, payload, occurred_at, n)
                  join s on s.n = e.stream
                  join c on c.n = s.command
                  join open on open.command = s.command
                 order by e.n) accepted
    ), written as (
        insert into events (position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type,
                            event_version, payload, metadata, occurred_at, recorded_at)
        select n.position, n.tenant_id, n.type, n.id, n.sequence, n.slot, n.event_id, n.event_type,
               n.version, n.payload::json, n.metadata::json, n.occurred_at, v_now
          from numbered n
    ), last as (
        select n.command, max(n.position) as position from numbered n group by n.command
    ), remembered as (
        insert into idempotency_keys (tenant_id, key, request_hash, aggregate_type, aggregate_id, version,
                                      event_count, position, created_at)
        select c.tenant_id, c.key, c.hash, c.type, c.id, c.version, c.events, coalesce(last.position, c.position), v_now
          from c join open on open.command = c.n left join last on last.command = c.n
         where c.key is not null
    )
    select c.n::integer,
           case when seen.same then 1 when seen.n is not null then 2 when open.command is not null then 0 else 3 end::smallint,
           coalesce(seen.position, last.position, c.position),
           seen.aggregate_type, seen.aggregate_id, seen.version, seen.event_count
      from c
      left join seen on seen.n = c.n
      left join open on open.command = c.n
      left join last on last.command = c.n;
end $$;
grant execute on function append_events to seiketsu_system;

-- The columns postgres-es knows, for its reader: aggregates of all tenants, events as cqrs-es serialises them.
create schema compat;
create view compat.events with (security_invoker = true) as
    select aggregate_type, aggregate_id::text as aggregate_id, sequence, event_type,
           event_version::text as event_version,
           json_build_object('type', event_type, 'data', payload) as payload, metadata
      from public.events;
create view compat.snapshots with (security_invoker = true) as
    select aggregate_type, aggregate_id::text as aggregate_id, last_sequence, last_sequence as current_snapshot, payload
      from public.snapshots;
grant usage on schema compat to seiketsu_system;
grant select on compat.events, compat.snapshots to seiketsu_system;
