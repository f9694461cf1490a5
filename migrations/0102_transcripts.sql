-- Read model `transcripts`: one row per segment.
create table read_models.transcript_segments (
    tenant_id  uuid    not null,
    call_id    uuid    not null,
    index      bigint  not null,
    speaker    text    not null,
    text       text    not null,
    start_ms   bigint  not null,
    end_ms     bigint  not null,
    confidence double precision,
    final      boolean not null,
    primary key (tenant_id, call_id, index)
);
select protect_tenant_table('read_models.transcript_segments');
grant select, insert, update, delete on read_models.transcript_segments to seiketsu_system;
