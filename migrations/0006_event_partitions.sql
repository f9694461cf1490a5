-- Events in partitions by position: however many years lie behind, what is written to and mostly read stays as small as
-- one partition, and what is old can be kept elsewhere (docs/recipes/keep-old-events.md).
--
-- A partition has a unique index over its own streams. What no index can see, a stream that goes on in the next
-- partition, `append_commands` looks up under its lock; it asks only the partitions from the stream's last known event
-- on, so that old partitions cost nothing.

-- Positions per partition.
create function event_partition_size() returns bigint language sql immutable parallel safe return 10000000;

drop view compat.events;
alter table events rename to events_from_0;
alter index events_pkey rename to events_from_0_pkey;
alter index events_position rename to events_from_0_position;
alter index events_tenant_position rename to events_from_0_tenant_position;
alter index events_permit rename to events_from_0_permit;
-- Rows are reached through the parent only, whose policies are the walls between tenants: a partition has no policy of
-- its own, so that nobody sees a row of it.
revoke all on events_from_0 from seiketsu_app, seiketsu_system;
drop policy tenant_rows on events_from_0;
drop policy all_rows on events_from_0;
alter table events_from_0 no force row level security;

create table events (like events_from_0 including constraints including comments) partition by range (position);
comment on table events is 'Append-only. One row per event; never updated or deleted.';
create unique index events_position on events (position);
create index events_tenant_position on events (tenant_id, position);
create index events_permit on events (tenant_id, (payload #>> '{permit,id}')) where event_type = 'consent.checked';
select protect_tenant_table('events');
grant select, insert on events to seiketsu_system;

do $$
declare
    v_end bigint;
begin
    select (coalesce(max(position), 0) / event_partition_size() + 1) * event_partition_size() into v_end from events_from_0;
    execute format('alter table events attach partition events_from_0 for values from (0) to (%s)', v_end);
end $$;
alter table events_from_0 force row level security;

create view compat.events with (security_invoker = true) as
    select aggregate_type, aggregate_id::text as aggregate_id, sequence, event_type,
           event_version::text as event_version,
           json_build_object('type', event_type, 'data', payload) as payload, metadata
      from public.events;
grant select on compat.events to seiketsu_system;

-- The partitions, from the oldest: which positions each holds (`ends` is the first it does not).
create view event_partitions as
    select c.oid::regclass as name, bounds[1]::bigint as begins, bounds[2]::bigint as ends
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid,
           regexp_match(pg_get_expr(c.relpartbound, c.oid), '\(''(\d+)''\) TO \(''(\d+)''\)') as bounds
     where i.inhparent = 'events'::regclass
     order by begins;
grant select on event_partitions to seiketsu_app, seiketsu_system;

-- Makes partitions until a whole one lies ahead, and returns the position from which on it should be asked again.
-- Appends go on meanwhile.
create function make_room_for_events() returns bigint
    language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '5s' as $$
declare
    v_end bigint;
    v_last bigint;
    v_name text;
begin
    perform pg_advisory_xact_lock(7310004);
    select max(ends) into v_end from event_partitions;
    select last_value into v_last from event_position;
    while v_end <= v_last + event_partition_size() loop
        v_name := 'events_from_' || v_end;
        -- Attaching an empty table of the right shape takes no lock that appends or readers would wait for.
        execute format('create table %I (like events including constraints, primary key (aggregate_id, tenant_id, '
                       'aggregate_type, sequence)) with (autovacuum_vacuum_insert_scale_factor = 0, '
                       'autovacuum_vacuum_insert_threshold = 1000000)', v_name);
        execute format('alter table %I enable row level security, force row level security', v_name);
        execute format('alter table events attach partition %I for values from (%s) to (%s)',
                       v_name, v_end, v_end + event_partition_size());
        v_end := v_end + event_partition_size();
    end loop;
    return v_end - event_partition_size();
end $$;
revoke execute on function make_room_for_events from public;
grant execute on function make_room_for_events to seiketsu_system;
select make_room_for_events();

-- The function of two releases ago. That of the last one, `append_batch`, serves its processes until they are gone.
drop function append_events;

-- `append_batch` (0005) with one argument more: the position of the last event known of each stream, 0 where none is. A
-- stream under an id that was made for this very command cannot be anywhere, and is not looked up; every other one is.
create function append_commands(
    look_up boolean,
    c_tenant uuid[], c_metadata text[], c_key text[], c_hash bytea[], c_own integer[], c_events integer[],
    c_last integer[], c_known bigint[],
    s_command integer[], s_aggregate text[], s_id uuid[], s_slot smallint[], s_expected bigint[],
    s_known bigint[], s_looked_up integer[],
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
                          and e.aggregate_type = s_aggregate[n] and e.position >= s_known[n]
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
grant execute on function append_commands to seiketsu_system;
