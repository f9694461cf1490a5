-- The watermark of a projection (0150) is asked for by every query. A function in SQL is planned at every call, which took
-- ten times as long as answering; one in PL/pgSQL keeps its plans for as long as the connection lives.
create or replace function projection_watermark(p_projection text, p_version integer) returns bigint
    language plpgsql stable as $$
declare
    v_floor bigint;
    v_fed_by_kafka boolean;
begin
    select max(c.position) filter (where c.partition = '*'), bool_or(c.partition <> '*') into v_floor, v_fed_by_kafka
      from public.projection_checkpoints c
     where c.projection = p_projection and c.version = p_version;
    v_floor := coalesce(v_floor, 0);
    if not coalesce(v_fed_by_kafka, false) then
        return v_floor;
    end if;
    return (
        with lagging as (
            select greatest(place.position,
                            (select rest.complete_to from public.relay_rests rest
                              where rest.partition = produced.partition and rest.after <= place.position
                              order by rest.after desc limit 1)) as position
              from public.relay_partitions produced
              left join public.projection_checkpoints own
                on own.projection = p_projection and own.version = p_version and own.partition = produced.partition
             cross join lateral (select greatest(v_floor, coalesce(own.position, 0)) as position) place
             where place.position < produced.position
        )
        select coalesce((select min(lagging.position) from lagging),
                        (select max(greatest(v_floor, relay.position, relay.highest)) from public.relay),
                        v_floor)
    );
end $$;
