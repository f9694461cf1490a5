-- Appending, cheaper: indexes that compare ids before texts, texts compared byte by byte, and one insert per table.

-- Our texts are codes and keys: their order means nothing, so no index has to ask a locale for it.
drop view compat.events;
drop view compat.snapshots;
drop index events_permit;
alter table events
    alter column aggregate_type type text collate "C",
    alter column event_type type text collate "C",
    drop constraint events_pkey,
    -- The id of an aggregate decides nearly every comparison, and new ids grow, so new streams go to the index's end.
    add primary key (aggregate_id, tenant_id, aggregate_type, sequence);
create index events_permit on events (tenant_id, (payload #>> '{permit,id}')) where event_type = 'consent.checked';
alter table idempotency_keys
    alter column key type text collate "C",
    alter column aggregate_type type text collate "C",
    drop constraint idempotency_keys_pkey,
    add primary key (key, tenant_id);
alter table snapshots alter column aggregate_type type text collate "C";

create view compat.events with (security_invoker = true) as
    select aggregate_type, aggregate_id::text as aggregate_id, sequence, event_type,
           event_version::text as event_version,
           json_build_object('type', event_type, 'data', payload) as payload, metadata
      from public.events;
create view compat.snapshots with (security_invoker = true) as
    select aggregate_type, aggregate_id::text as aggregate_id, last_sequence, last_sequence as current_snapshot, payload
      from public.snapshots;
grant select on compat.events, compat.snapshots to seiketsu_system;

-- Appends a batch of commands, each of which succeeds or fails alone. Commands are numbered from 1.
--
-- The advisory lock is held to the end of the transaction, that is until the rows are visible: whoever draws a
-- later position commits later, so a reader at position p can never miss a smaller one. The lock also makes the
-- checks plain reads: every statement below takes its snapshot after the lock was granted.
--
-- Event number i of the batch is stored at first_position + i - 1; the numbers of events that are not stored stay
-- unused. `others` lists the commands that were not appended: outcome 1 replayed (the key was used for the same
-- request), 2 key used for another request, 3 a stream is not at its expected version. A command may be listed
-- twice; the smaller outcome holds. Null: all were appended.
--
-- Its statements look single keys up. The caller's connection must keep plans that go through the indexes: a plan
-- made while the tables are empty reads them whole (`src/event_store/append.rs` sets what it takes).
create function append_batch(
    -- one entry per event, in order; the command and the stream it belongs to
    e_command integer[], e_tenant uuid[], e_aggregate text[], e_id uuid[], e_slot smallint[],
    e_sequence bigint[], e_event_id uuid[], e_type text[], e_version integer[], e_payload text[],
    e_metadata text[], e_occurred_at timestamptz[],
    -- one entry per stream a command writes to or relies on
    s_command integer[], s_tenant uuid[], s_aggregate text[], s_id uuid[], s_expected bigint[],
    -- one entry per command with an idempotency key: what to remember. The position is that of its event number
    -- `last`, or `known` where it has none.
    k_command integer[], k_tenant uuid[], k_key text[], k_hash bytea[], k_aggregate text[], k_id uuid[],
    k_version bigint[], k_events integer[], k_last integer[], k_known bigint[],
    out first_position bigint, out others json
)
    language plpgsql as $$
declare
    v_now timestamptz;
    v_left_out integer[];
begin
    perform pg_advisory_xact_lock(7310003);
    v_now := date_trunc('milliseconds', clock_timestamp());

    select json_agg(o), array_agg(o.command) into others, v_left_out
      from (select k.command, case when i.request_hash = k.hash then 1 else 2 end as outcome,
                   i.position, i.aggregate_type as aggregate, i.aggregate_id as id, i.version, i.event_count as events
              from unnest(k_command, k_tenant, k_key, k_hash) as k(command, tenant, key, hash)
             cross join lateral (
                   select * from idempotency_keys where key = k.key and tenant_id = k.tenant limit 1) i
             union all
            select s.command, 3, null, null, null, null, null
              from unnest(s_command, s_tenant, s_aggregate, s_id, s_expected)
                   as s(command, tenant, aggregate, id, expected)
             where s.expected <> coalesce((
                   select e.sequence from events e
                    where e.aggregate_id = s.id and e.tenant_id = s.tenant and e.aggregate_type = s.aggregate
                    order by e.sequence desc limit 1), 0)) o;

    if cardinality(e_command) > 0 then
        first_position := nextval('event_position');
        -- Nobody else draws numbers while we hold the lock.
        perform setval('event_position', first_position + cardinality(e_command) - 1);
        insert into events (position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type,
                            event_version, payload, metadata, occurred_at, recorded_at)
        select first_position + e.n - 1, e.tenant, e.aggregate, e.id, e.sequence, e.slot, e.event_id, e.type,
               e.version, e.payload::json, e.metadata::json, e.occurred_at, v_now
          from unnest(e_command, e_tenant, e_aggregate, e_id, e_slot, e_sequence, e_event_id, e_type, e_version,
                      e_payload, e_metadata, e_occurred_at) with ordinality
               as e(command, tenant, aggregate, id, slot, sequence, event_id, type, version, payload, metadata,
                    occurred_at, n)
         where v_left_out is null or e.command <> all (v_left_out);
    end if;

    insert into idempotency_keys (tenant_id, key, request_hash, aggregate_type, aggregate_id, version, event_count,
                                  position, created_at)
    select k.tenant, k.key, k.hash, k.aggregate, k.id, k.version, k.events,
           case when k.last > 0 then first_position + k.last - 1 else k.known end, v_now
      from unnest(k_command, k_tenant, k_key, k_hash, k_aggregate, k_id, k_version, k_events, k_last, k_known)
           as k(command, tenant, key, hash, aggregate, id, version, events, last, known)
     where v_left_out is null or k.command <> all (v_left_out);
end $$;
grant execute on function append_batch to seiketsu_system;
grant update on sequence event_position to seiketsu_system;
