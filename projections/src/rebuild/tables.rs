//! Shadow tables: bare while they are filled, then made like the live ones, and put in their place.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use sqlx::{Connection, Executor, PgConnection};

use super::claim::Helpers;
use crate::Projection;

/// Indexes built at the same time, each over a connection of its own.
const AT_ONCE: usize = 3;

/// Empty tables with the columns and keys of the live ones: what the projection's statements need, and no index that
/// only readers use.
pub(super) async fn create(
    connection: &mut PgConnection,
    schema: &str,
    tables: &[&str],
) -> Result<(), sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN; SET LOCAL ROLE NONE").await?;
    let schema_sql = format!(
        "drop schema if exists {schema} cascade; create schema {schema};
         grant usage on schema {schema} to seiketsu_system;"
    );
    transaction.execute(schema_sql.as_str()).await?;
    for table in tables {
        let create = format!(
            "create table {schema}.{table} (like read_models.{table} including all excluding indexes);
             grant select, insert, update, delete on {schema}.{table} to seiketsu_system;"
        );
        transaction.execute(create.as_str()).await?;
        copy_options(&mut transaction, schema, table).await?;
        let mut statements = keys(&mut transaction, schema, table).await?;
        statements.extend(indexes(&mut transaction, schema, table, true).await?);
        for statement in statements {
            transaction.execute(statement.as_str()).await?;
        }
    }
    transaction.commit().await
}

/// `like` leaves out storage parameters.
async fn copy_options(connection: &mut PgConnection, schema: &str, table: &str) -> Result<(), sqlx::Error> {
    let options: Option<String> = sqlx::query_scalar(
        "select array_to_string(reloptions, ', ') from pg_class where oid = ('read_models.' || $1)::regclass",
    )
    .bind(table)
    .fetch_one(&mut *connection)
    .await?;
    if let Some(options) = options {
        connection.execute(format!("alter table {schema}.{table} set ({options})").as_str()).await?;
    }
    Ok(())
}

/// The statements that make a table's keys, under the names the live ones have.
async fn keys(connection: &mut PgConnection, schema: &str, table: &str) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select format('alter table %I.%I add constraint %I %s', $1, $2, conname, pg_get_constraintdef(oid))
           from pg_constraint where conrelid = ('read_models.' || $2)::regclass and contype in ('p', 'u', 'x')",
    )
    .bind(schema)
    .bind(table)
    .fetch_all(connection)
    .await
}

/// The statements that make a table's other indexes, or only the unique ones, which upserts may need, under the names
/// the live ones have. Those that are there already are left alone.
async fn indexes(
    connection: &mut PgConnection,
    schema: &str,
    table: &str,
    only_unique: bool,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select replace(replace(pg_get_indexdef(indexrelid),
                                format(' ON read_models.%I ', $2), format(' ON %I.%I ', $1, $2)),
                        ' INDEX ', ' INDEX IF NOT EXISTS ')
           from pg_index
          where indrelid = ('read_models.' || $2)::regclass and (indisunique or not $3)
            and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))",
    )
    .bind(schema)
    .bind(table)
    .bind(only_unique)
    .fetch_all(connection)
    .await
}

/// Makes loaded tables like the live ones: indexes, walls, grants, statistics. May be done again after it was
/// interrupted. `progress` hears how many indexes of how many are built.
pub(super) async fn finish(
    helpers: &Helpers<'_>,
    connection: &mut PgConnection,
    schema: &str,
    tables: &[&str],
    mut progress: impl FnMut(i64, i64),
) -> Result<(), sqlx::Error> {
    let mut missing = Vec::new();
    for table in tables {
        missing.extend(indexes(&mut *connection, schema, table, false).await?);
    }
    // Those of words take longest.
    missing.sort_by_key(|statement| !statement.contains(" USING gin "));
    let goal = missing.len() as i64;
    let mut built =
        stream::iter(missing).map(|statement| build(helpers, statement)).buffer_unordered(AT_ONCE);
    let mut done = 0;
    while built.try_next().await?.is_some() {
        done += 1;
        progress(done, goal);
    }
    connection.execute("set role none").await?;
    for table in tables {
        protect(&mut *connection, schema, table).await?;
        connection.execute(format!("analyze {schema}.{table}").as_str()).await?;
    }
    connection.execute("set role seiketsu_system").await.map(drop)
}

async fn build(helpers: &Helpers<'_>, statement: String) -> Result<(), sqlx::Error> {
    let mut connection = helpers.connect().await?;
    connection.execute("set role none; set maintenance_work_mem = '128MB'").await?;
    connection.execute(statement.as_str()).await.map(drop)
}

/// The walls and grants of the live table.
async fn protect(connection: &mut PgConnection, schema: &str, table: &str) -> Result<(), sqlx::Error> {
    let mut grants: Vec<String> = sqlx::query_scalar(
        "select format('grant %s on %I.%I to %I', privilege_type, $1, table_name, grantee)
           from information_schema.role_table_grants
          where table_schema = 'read_models' and table_name = $2 and grantee <> current_user",
    )
    .bind(schema)
    .bind(table)
    .fetch_all(&mut *connection)
    .await?;
    let protected: bool =
        sqlx::query_scalar("select relrowsecurity from pg_class where oid = ($1 || '.' || $2)::regclass")
            .bind(schema)
            .bind(table)
            .fetch_one(&mut *connection)
            .await?;
    if !protected {
        grants.push(format!("select protect_tenant_table('{schema}.{table}', '')"));
    }
    let mut transaction = connection.begin().await?;
    for statement in grants {
        transaction.execute(statement.as_str()).await?;
    }
    transaction.commit().await
}

/// Puts tables in the place of the live ones, and the live ones in schema `retired`, where nothing else is kept.
pub(super) async fn exchange(
    transaction: &mut PgConnection,
    schema: &str,
    retired: &str,
    tables: &[&str],
) -> Result<(), sqlx::Error> {
    let aside = format!("{retired}_aside");
    let mut sql = format!("set local role none; create schema {aside};");
    for table in tables {
        sql.push_str(&format!(
            "alter table read_models.{table} set schema {aside};
             alter table {schema}.{table} set schema read_models;"
        ));
    }
    sql.push_str(&format!(
        "drop schema {schema}; drop schema if exists {retired} cascade; alter schema {aside} rename to {retired};
         grant usage on schema {retired} to seiketsu_system;
         set local role seiketsu_system"
    ));
    transaction.execute(sql.as_str()).await.map(drop)
}

/// Removes tables nobody wants any more; returns whether there were any.
pub(super) async fn drop_schema(connection: &mut PgConnection, schema: &str) -> Result<bool, sqlx::Error> {
    let mut transaction = connection.begin_with("BEGIN; SET LOCAL ROLE NONE").await?;
    let there: bool = sqlx::query_scalar("select exists (select from pg_namespace where nspname = $1)")
        .bind(schema)
        .fetch_one(&mut *transaction)
        .await?;
    transaction.execute(format!("drop schema if exists {schema} cascade").as_str()).await?;
    transaction.commit().await?;
    Ok(there)
}

/// The size of the live tables with their indexes.
pub(super) async fn bytes(connection: &mut PgConnection, tables: &[&str]) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "select coalesce(sum(pg_total_relation_size(('read_models.' || t)::regclass)), 0)::bigint
           from unnest($1::text[]) as t",
    )
    .bind(tables)
    .fetch_one(connection)
    .await
}

/// A fingerprint of how the live tables are defined, and of what the projection goes without. A rebuild that was
/// interrupted goes on only where it is still the same.
pub(super) async fn shape(
    connection: &mut PgConnection,
    projection: &dyn Projection,
) -> Result<String, sqlx::Error> {
    let indexes: Vec<String> = sqlx::query_scalar(
        "select indexdef from pg_indexes where schemaname = 'read_models' and tablename = any ($1) order by 1",
    )
    .bind(projection.tables())
    .fetch_all(&mut *connection)
    .await?;
    let columns = columns(&mut *connection, "read_models", projection).await?;
    let skipped: Vec<String> = sqlx::query_scalar(
        "select 'without ' || position from skipped_events where projection = $1 order by position",
    )
    .bind(projection.name())
    .fetch_all(&mut *connection)
    .await?;
    sqlx::query_scalar("select md5(array_to_string($1 || $2 || $3, e'\n'))")
        .bind(columns)
        .bind(indexes)
        .bind(skipped)
        .fetch_one(connection)
        .await
}

/// The columns a projection's tables have in a schema, a line each, in order.
pub(super) async fn columns(
    connection: &mut PgConnection,
    schema: &str,
    projection: &dyn Projection,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar(
        "select concat_ws(' ', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull)
           from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = $1 and c.relname = any ($2) and a.attnum > 0 and not a.attisdropped
          order by 1",
    )
    .bind(schema)
    .bind(projection.tables())
    .fetch_all(connection)
    .await
}
