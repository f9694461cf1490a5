-- Rebuilds load history by several connections at once: which stretches of the key space are loaded is a row each, written
-- in the transaction that writes their read-model rows. `after` and `up_to` are aggregate ids, the first excluded, the
-- second included; null at the ends. Kept until the rebuild has ended.
create table rebuild_stretches (
    projection text   not null,
    after      uuid,
    up_to      uuid,
    events     bigint not null
);
create index rebuild_stretches_of on rebuild_stretches (projection, after);
grant select, insert, delete on rebuild_stretches to seiketsu_system;

-- Loads that were interrupted knew one stretch only, from the beginning: they begin anew.
delete from rebuilds where phase = 'load';
alter table rebuilds drop column reached, drop column loaded;
