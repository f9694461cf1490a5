//! Row-level security, the second wall: asked of the catalogue, so that a new table cannot be forgotten.

use seiketsu_domain::ids::TenantId;
use sqlx::{Executor, PgConnection, Row};
use uuid::Uuid;

use super::{append, committed};
use crate::support::database::TestDatabase;
use crate::support::{database, wishes};

/// Every table with a tenant, by its full name; partitions are reached through their parents.
async fn tenant_tables(superuser: &mut PgConnection) -> Vec<String> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.oid::regclass::text from pg_attribute a
           join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p') and not c.relispartition
           join pg_namespace n on n.oid = c.relnamespace and n.nspname not in ('pg_catalog', 'information_schema')
          where a.attname = 'tenant_id' and not a.attisdropped order by 1",
    )
    .fetch_all(superuser)
    .await
    .unwrap();
    assert!(tables.contains(&"events".to_owned()), "the catalogue was not understood: {tables:?}");
    tables
}

/// A row of made-up values; in this database nothing but types and uniqueness restrains them.
async fn insert_row(superuser: &mut PgConnection, table: &str, tenant: Uuid) {
    let restraints: Vec<String> = sqlx::query_scalar(
        "select format('alter table %s drop constraint %I cascade', conrelid::regclass, conname) from pg_constraint
          where conrelid = $1::regclass and contype in ('c', 'f')",
    )
    .bind(table)
    .fetch_all(&mut *superuser)
    .await
    .unwrap();
    for drop in restraints {
        superuser.execute(drop.as_str()).await.unwrap();
    }
    let columns: Vec<(String, String)> = sqlx::query_as(
        "select quote_ident(attname), format_type(atttypid, atttypmod) from pg_attribute
          where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''
            and attnotnull and attname <> 'tenant_id'",
    )
    .bind(table)
    .fetch_all(&mut *superuser)
    .await
    .unwrap();
    let names: String = columns.iter().map(|(name, _)| format!(", {name}")).collect();
    let values: String = columns.iter().map(|(_, kind)| format!(", {}", some_value(kind))).collect();
    let insert = format!("insert into {table} (tenant_id{names}) values ('{tenant}'{values})");
    superuser.execute(insert.as_str()).await.unwrap_or_else(|error| panic!("{insert}: {error}"));
}

fn some_value(kind: &str) -> String {
    match kind {
        "uuid" => "gen_random_uuid()".to_owned(),
        "boolean" => "true".to_owned(),
        "json" | "jsonb" => "'{}'".to_owned(),
        "date" => "current_date".to_owned(),
        "interval" => "'1 s'".to_owned(),
        "tsvector" => "''".to_owned(),
        "bytea" => "uuid_send(gen_random_uuid())".to_owned(),
        kind if kind.ends_with("[]") => "'{}'".to_owned(),
        kind if kind.starts_with("timestamp") => "now()".to_owned(),
        kind if kind.starts_with("text") || kind.starts_with("char") => "md5(random()::text)".to_owned(),
        _ => "floor(random() * 30000)::int".to_owned(),
    }
}

/// How many rows of a table a role sees: of one tenant, and of all others. Nothing where it may not look at all.
async fn visible(connection: &mut PgConnection, table: &str, tenant: TenantId) -> (i64, i64) {
    let may_look: bool = sqlx::query_scalar("select has_table_privilege(current_user, $1, 'select')")
        .bind(table)
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    if !may_look {
        return (0, 0);
    }
    let count = format!(
        "select count(*) filter (where tenant_id = $1), count(*) filter (where tenant_id <> $1) from {table}"
    );
    sqlx::query_as(&count).bind(tenant.0).fetch_one(connection).await.unwrap()
}

async fn two_tenants_in_every_table(database: &TestDatabase) -> (TenantId, Vec<String>) {
    let (mine, theirs) = (wishes::tenant(), wishes::tenant());
    let mut superuser = database.superuser().await;
    let tables = tenant_tables(&mut superuser).await;
    for table in &tables {
        insert_row(&mut superuser, table, mine.0).await;
        insert_row(&mut superuser, table, theirs.0).await;
    }
    (mine, tables)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_sees_its_own_rows_in_every_table_and_nobody_elses() {
    let database = database::create().await;
    let (mine, tables) = two_tenants_in_every_table(&database).await;

    for table in &tables {
        let mut read = database.pools.read_as(mine).await.unwrap();
        let (own, others) = visible(&mut read, table, mine).await;
        assert_eq!(others, 0, "rows of another tenant are visible in {table}");
        assert!(own == 1 || table != "events");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_tenant_no_row_is_visible_and_nothing_fails() {
    let database = database::create().await;
    let (mine, tables) = two_tenants_in_every_table(&database).await;
    let mut app = database.superuser().await;
    app.execute("set role seiketsu_app").await.unwrap();

    // Twice: after a transaction that had a tenant, the setting is not absent but empty.
    for _ in 0..2 {
        for table in &tables {
            assert_eq!(visible(&mut app, table, mine).await, (0, 0), "{table} is open");
        }
        app.execute(format!("begin; set local seiketsu.tenant_id = '{mine}'; commit").as_str())
            .await
            .unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_with_a_tenant_forces_row_level_security() {
    let database = database::create().await;
    let mut superuser = database.superuser().await;
    for table in tenant_tables(&mut superuser).await {
        let row = sqlx::query(
            "select relrowsecurity and relforcerowsecurity as forced,
                    (select count(*) from pg_policy where polrelid = c.oid) as policies
               from pg_class c where oid = $1::regclass",
        )
        .bind(&table)
        .fetch_one(&mut superuser)
        .await
        .unwrap();
        assert!(row.get::<bool, _>("forced"), "{table} does not force row-level security");
        assert_eq!(
            row.get::<i64, _>("policies"),
            2,
            "{table} has other policies than protect_tenant_table makes"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_are_closed_to_all_roles() {
    let database = database::create().await;
    let partitions: Vec<(String, bool)> = sqlx::query_as(
        "select name::text,
                relrowsecurity and relforcerowsecurity and not exists (select from pg_policy where polrelid = c.oid)
                    and not has_table_privilege('seiketsu_app', c.oid, 'select, insert, update, delete, truncate')
                    and not has_table_privilege('seiketsu_system', c.oid, 'select, insert, update, delete, truncate')
           from event_partitions join pg_class c on c.oid = name",
    )
    .fetch_all(&mut database.superuser().await)
    .await
    .unwrap();
    assert!(partitions.len() > 1, "the catalogue was not understood");
    for (name, closed) in partitions {
        assert!(closed, "{name} can be read around the policies of its parent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_of_requests_cannot_change_the_log() {
    let database = database::create().await;
    let tenant = wishes::tenant();
    committed(&database.store(), append(tenant, seiketsu::ids::new(), 0, 1)).await;

    for forbidden in [
        "insert into events select * from events",
        "update events set payload = '{}'",
        "delete from events",
        "truncate events",
        "select nextval('event_position')",
    ] {
        let mut write = database.pools.write_as(tenant).await.unwrap();
        let refused = write.execute(forbidden).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "42501", "{forbidden}: {refused}");
    }
    // What appends cannot edit either: the log only grows.
    for forbidden in ["update events set payload = '{}'", "delete from events", "truncate events"] {
        let refused = database.pools.system().execute(forbidden).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "42501", "{forbidden}: {refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_stream_cannot_be_loaded_as_another_tenants() {
    let database = database::create().await;
    let (store, tenant, id) = (database.store(), wishes::tenant(), seiketsu::ids::new());
    committed(&store, append(tenant, id, 0, 1)).await;

    let loaded = store.load::<seiketsu_domain::escalation::Escalation>(wishes::tenant(), id).await.unwrap();
    assert_eq!((loaded.state.version, loaded.position), (0, 0));
    assert!(
        store
            .history::<seiketsu_domain::escalation::Escalation>(wishes::tenant(), id, 9)
            .await
            .unwrap()
            .is_empty()
    );
}
