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

-- Appends a batch of commands, each of which succeeds or fails alone. Commands, streams and events are numbered from 1
-- and refer to each other by number.
--
-- The advisory lock is held to the end of the transaction, that is until the rows are visible: whoever draws a
-- later position commits later, so a reader at position p can never miss a smaller one. The lock also makes the
-- checks plain reads: every statement below takes its snapshot after the lock was granted.
--
-- Looking up what is not there costs as much as writing it. So most batches are sent with `look_up` false: keys, and
-- streams that begin, are then left to the unique indexes. Where one of these refuses, nothing of the batch is written,
-- and the same batch comes again with `look_up` true, which finds out whose fault it was. Streams that go on are looked
-- up in any case (`s_looked_up`): a version beyond the last event would violate no index.
--
-- Event number n is stored at first_position + n - 1; the positions of events that are not stored stay unused.
-- `others` lists the commands that were not appended: outcome 1 replayed (the key was used for the same request),
-- 2 key used for another request, 3 a stream is not at its expected version. A command may be listed twice; the
-- smaller outcome holds. Null: all were appended.
--
-- Its statements look single keys up. The caller's connection must keep plans that go through the indexes: a plan
-- made while the tables are empty reads them whole (`src/event_store/pools.rs` sets what it takes).
create function append_batch(
    look_up boolean,
    -- one entry per command: its key, if any, and what to remember with it: the command's own stream, how many events
    -- it caused there, its last event (0: none, the position is `known`)
    c_tenant uuid[], c_metadata text[], c_key text[], c_hash bytea[], c_own integer[], c_events integer[],
    c_last integer[], c_known bigint[],
    -- one entry per stream that a command writes to or relies on
    s_command integer[], s_aggregate text[], s_id uuid[], s_slot smallint[], s_expected bigint[],
    -- the streams whose version is looked up
    s_looked_up integer[],
    -- one entry per event, in order
    e_stream integer[], e_sequence bigint[], e_event_id uuid[], e_type text[], e_version integer[], e_payload text[],
    e_occurred_at timestamptz[],
    out first_position bigint, out others json
)
    language plpgsql as $$
declare
    v_locked boolean;
    v_now timestamptz;
    v_last bigint;
    v_left_out integer[];
begin
    -- Assignments of one expression are evaluated without a statement of their own.
    v_locked := pg_advisory_xact_lock(7310003) is not null;
    v_now := date_trunc('milliseconds', clock_timestamp());

    if look_up or cardinality(s_looked_up) > 0 then
        select json_agg(o), array_agg(o.command) into others, v_left_out
          from (select n as command, case when i.request_hash = c_hash[n] then 1 else 2 end as outcome, i.position,
                       i.aggregate_type as aggregate, i.aggregate_id as id, i.version, i.event_count as events
                  from generate_series(1, case when look_up then cardinality(c_key) else 0 end) as n
                 cross join lateral (
                       select * from idempotency_keys where key = c_key[n] and tenant_id = c_tenant[n] limit 1) as i
                 union all
                select s_command[n], 3, null, null, null, null, null
                  from unnest(s_looked_up) as n
                 where s_expected[n] <> coalesce((
                       select e.sequence from events e
                        where e.aggregate_id = s_id[n] and e.tenant_id = c_tenant[s_command[n]]
                          and e.aggregate_type = s_aggregate[n]
                        order by e.sequence desc limit 1), 0)) as o;
    end if;

    if cardinality(e_stream) > 0 then
        first_position := nextval('event_position');
        -- Whoever appends holds the lock, so all these numbers are ours.
        v_last := setval('event_position', first_position + cardinality(e_stream) - 1);
        insert into events (position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type,
                            event_version, payload, metadata, occurred_at, recorded_at)
        select first_position + n - 1, c_tenant[s_command[e_stream[n]]], s_aggregate[e_stream[n]], s_id[e_stream[n]],
               e_sequence[n], s_slot[e_stream[n]], e_event_id[n], e_type[n], e_version[n], e_payload[n]::json,
               c_metadata[s_command[e_stream[n]]]::json, e_occurred_at[n], v_now
          from generate_series(1, cardinality(e_stream)) as n
         where v_left_out is null or s_command[e_stream[n]] <> all (v_left_out);
    end if;

    insert into idempotency_keys (tenant_id, key, request_hash, aggregate_type, aggregate_id, version, event_count,
                                  position, created_at)
    select c_tenant[n], c_key[n], c_hash[n], s_aggregate[c_own[n]], s_id[c_own[n]],
           s_expected[c_own[n]] + c_events[n], c_events[n],
           case when c_last[n] > 0 then first_position + c_last[n] - 1 else c_known[n] end, v_now
      from generate_series(1, cardinality(c_key)) as n
     where c_key[n] is not null and (v_left_out is null or n <> all (v_left_out));
end $$;
grant execute on function append_batch to seiketsu_system;
grant update on sequence event_position to seiketsu_system;
