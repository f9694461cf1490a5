//! Builds a read model anew from the store, beside the one in use, and swaps the two.
//!
//! The same projection code fills tables of the same names in schema `rebuild_<name>`, found by search path. At the
//! end the live projection's checkpoint is locked, the last events are applied, and the tables change places in one
//! transaction. Readers see the old rows until then and the new ones after. Nothing outside the tables happens:
//! projections have no effects.

use std::collections::HashSet;
use std::sync::Arc;

use seiketsu_domain::envelope::Envelope;
use sqlx::{Executor, PgConnection, PgPool};

use crate::projection::{ApplyError, Projection};
use crate::source::WHOLE_STORE;
use crate::store;

/// Events per transaction of a rebuild.
const BATCH: i64 = 5000;

/// What a rebuild did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Events read from the store.
    pub events: u64,
    /// The position the new tables stand at.
    pub position: i64,
}

/// Rebuilds `projection` while it goes on working. `progress` hears position and goal.
///
/// # Errors
/// The first failure; the live tables are untouched then.
pub async fn rebuild(
    pool: &PgPool,
    projection: Arc<dyn Projection>,
    mut progress: impl FnMut(i64, i64),
) -> Result<Rebuilt, ApplyError> {
    let schema = format!("rebuild_{}", projection.name());
    let mut connection = pool.acquire().await?.detach();
    connection.execute("set statement_timeout = 0").await?;
    create_tables(&mut connection, &schema, projection.as_ref()).await?;
    let mut rebuilt = Rebuilt { events: 0, position: 0 };
    let goal = store::head(&mut connection).await?;
    while rebuilt.position < goal {
        connection.execute("begin; set local synchronous_commit = off").await?;
        step(&mut connection, &schema, projection.as_ref(), &mut rebuilt).await?;
        connection.execute("commit").await?;
        progress(rebuilt.position, goal);
    }
    swap(&mut connection, &schema, projection.as_ref(), &mut rebuilt).await?;
    Ok(rebuilt)
}

/// Applies one batch to the shadow tables; returns whether there was anything to apply.
async fn step(
    connection: &mut PgConnection,
    schema: &str,
    projection: &dyn Projection,
    rebuilt: &mut Rebuilt,
) -> Result<bool, ApplyError> {
    let events = store::events_after(&mut *connection, rebuilt.position, BATCH).await?;
    let Some(last) = events.last() else { return Ok(false) };
    let reached = last.position;
    let wanted: HashSet<&str> = projection.aggregates().iter().copied().collect();
    let news: Vec<Arc<Envelope>> = events
        .into_iter()
        .inspect(|_| rebuilt.events += 1)
        .filter(|event| wanted.contains(event.aggregate_type.as_str()))
        .map(Arc::new)
        .collect();
    connection.execute(format!("set local search_path = {schema}, public").as_str()).await?;
    if !news.is_empty() {
        projection.apply(&mut *connection, &news).await?;
    }
    rebuilt.position = reached;
    Ok(true)
}

async fn create_tables(
    connection: &mut PgConnection,
    schema: &str,
    projection: &dyn Projection,
) -> Result<(), sqlx::Error> {
    let mut sql = format!("drop schema if exists {schema} cascade; create schema {schema};");
    for table in projection.tables() {
        sql.push_str(&format!("create table {schema}.{table} (like read_models.{table} including all);"));
    }
    connection
        .execute(
            format!("reset role; {sql} grant usage on schema {schema} to seiketsu_system, seiketsu_app;")
                .as_str(),
        )
        .await?;
    for table in projection.tables() {
        connection
            .execute(
                format!("grant select, insert, update, delete on {schema}.{table} to seiketsu_system")
                    .as_str(),
            )
            .await?;
    }
    Ok(())
}

/// Holds the live checkpoint, applies what came meanwhile, and exchanges the tables.
async fn swap(
    connection: &mut PgConnection,
    schema: &str,
    projection: &dyn Projection,
    rebuilt: &mut Rebuilt,
) -> Result<(), ApplyError> {
    connection.execute("begin; set local lock_timeout = '30s'").await?;
    // The live worker moves its checkpoint last, so it waits here with its rows uncommitted, then finds the
    // checkpoint moved, rolls back, and continues from the new one.
    sqlx::query("select from projection_checkpoints where projection = $1 and version = $2 order by partition for update")
        .bind(projection.name())
        .bind(projection.version())
        .execute(&mut *connection)
        .await?;
    while step(connection, schema, projection, rebuilt).await? {}
    connection.execute("set local search_path = public").await?;
    for table in projection.tables() {
        connection.execute(exchange(schema, table).as_str()).await?;
    }
    sqlx::query("delete from projection_checkpoints where projection = $1")
        .bind(projection.name())
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "insert into projection_checkpoints (projection, version, partition, position) values ($1, $2, $3, $4)",
    )
    .bind(projection.name())
    .bind(projection.version())
    .bind(WHOLE_STORE)
    .bind(rebuilt.position)
    .execute(&mut *connection)
    .await?;
    sqlx::query("delete from dead_letters where projection = $1")
        .bind(projection.name())
        .execute(&mut *connection)
        .await?;
    connection.execute(format!("drop schema {schema} cascade; commit").as_str()).await?;
    Ok(())
}

fn exchange(schema: &str, table: &str) -> String {
    format!(
        "drop table read_models.{table};
         alter table {schema}.{table} set schema read_models;
         select protect_tenant_table('read_models.{table}');
         grant select, insert, update, delete on read_models.{table} to seiketsu_system;"
    )
}
