-- Do-not-call lists and other data sets that permission rests on, as each organization holds them. What was taken over
-- when and by whom is in the event store too, as events of aggregate `list`; here are the numbers.
--
-- An import is one transaction, its row in `list_imports` the last of it: what is not complete is not there. Nothing is
-- changed afterwards, so that what was known at a past moment can be looked up again.

create table list_imports (
    tenant_id   uuid        not null,
    id          uuid        not null,
    -- us-national, us-tx …: an extract, which replaces the one before. reassigned, lines: records, which add up.
    list        text        not null,
    -- The subscription to the registry it was taken under.
    san         text,
    -- What an extract says something about; empty: all of them.
    area_codes  smallint[]  not null,
    -- The moment it shows, as claimed by whoever imported it.
    as_of       timestamptz not null,
    sha256      bytea       not null check (length(sha256) = 32),
    count       bigint      not null check (count > 0),
    imported_by uuid        not null,
    operator    text,
    -- It counts from here on.
    recorded_at timestamptz not null,
    -- And no more from here on.
    retired_at  timestamptz,
    primary key (tenant_id, id)
);
create index list_imports_newest on list_imports (tenant_id, list, as_of desc, recorded_at desc);
select protect_tenant_table('list_imports', 'select, insert, update (retired_at)');

-- The numbers of an extract that share their first six digits.
create table list_numbers (
    tenant_id uuid    not null,
    import_id uuid    not null,
    -- Area code and exchange: 415555.
    prefix    integer not null,
    -- Up to 624 numbers: their last four digits, two bytes each, little-endian, ascending. More: 10,000 bits in 1,250
    -- bytes, the lowest bit of a byte first.
    numbers   bytea   not null check (length(numbers) between 2 and 1250),
    primary key (tenant_id, import_id, prefix)
);
-- They do not compress, and stay in their row.
alter table list_numbers alter column numbers set storage plain;
select protect_tenant_table('list_numbers', 'select, insert');

-- What an organization may take from the registry; the newest row holds.
create table registry_accesses (
    tenant_id   uuid        not null,
    id          uuid        not null,
    san         text        not null,
    area_codes  smallint[]  not null,
    valid_until timestamptz not null,
    recorded_by uuid        not null,
    operator    text,
    recorded_at timestamptz not null,
    primary key (tenant_id, id)
);
create index registry_accesses_newest on registry_accesses (tenant_id, recorded_at desc);
select protect_tenant_table('registry_accesses', 'select, insert');

-- Answers of the Reassigned Numbers Database.
create table reassigned_answers (
    tenant_id uuid not null,
    -- E.164.
    phone     text not null,
    import_id uuid not null,
    -- The day asked about.
    about     date not null,
    answer    text not null check (answer in ('yes', 'no', 'no_data')),
    primary key (tenant_id, phone, import_id, about)
);
select protect_tenant_table('reassigned_answers', 'select, insert');

-- What kind of line a number is.
create table phone_lines (
    tenant_id  uuid not null,
    -- E.164.
    phone      text not null,
    import_id  uuid not null,
    kind       text check (kind in ('wireless', 'residential', 'business', 'voip')),
    -- On a list of lines nobody may call.
    prohibited boolean,
    primary key (tenant_id, phone, import_id)
);
select protect_tenant_table('phone_lines', 'select, insert');
