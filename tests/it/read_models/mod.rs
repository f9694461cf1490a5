//! Read models: events in, rows out; in one batch or event by event, live or rebuilt, it makes no difference.

mod analytics;
mod call_timeline;
mod calls;
mod crm_sync_queue;
mod dashboard;
mod history;
mod hot_leads;
mod lag;
mod lead_timeline;
mod leads;
mod scene;
mod skips;
mod statements;
mod transcripts;

use seiketsu::hint::Hint;
use seiketsu_projections::arrival::Arrivals;
use seiketsu_projections::driver::Worker;
use seiketsu_projections::read_models;
use seiketsu_projections::source::StoreSource;
use seiketsu_projections::store;
use serde_json::Value;
use sqlx::Executor;
use std::time::Duration;

use crate::support::database::TestDatabase;

/// Lets every read model apply what is new in the store, at most `batch` events per transaction.
async fn project(database: &TestDatabase, batch: i64) {
    let pool = database.pools.system().clone();
    let head = store::head(&pool).await.unwrap();
    let (mut worker, mut source) = worker(database, batch);
    worker.run_to(&mut source, head, |_| ()).await.unwrap();
    let parked: Vec<Option<String>> =
        sqlx::query_scalar("select error from dead_letters").fetch_all(&pool).await.unwrap();
    assert_eq!(parked, [], "every event applies");
}

/// A worker over every read model, and the store as its source.
fn worker(database: &TestDatabase, batch: i64) -> (Worker, StoreSource) {
    let pool = database.pools.system().clone();
    let hint = Hint::default().subscribe();
    let source = StoreSource::new(pool.clone(), hint, Duration::from_millis(50), batch);
    (Worker::new(pool, read_models::all(), 4, Arrivals::default()), source)
}

/// The rows of some read models' tables, each table in an order of its own.
async fn rows_of(database: &TestDatabase, tables: &[&str]) -> Vec<Value> {
    let rows = rows_if_any(database, tables).await.into_iter().zip(tables);
    rows.map(|(found, table)| found.unwrap_or_else(|| panic!("{table} is empty"))).collect()
}

/// As [`rows_of`]; `None` for a table that is empty.
async fn rows_if_any(database: &TestDatabase, tables: &[&str]) -> Vec<Option<Value>> {
    let mut rows = Vec::new();
    for table in tables {
        let found = sqlx::query_scalar(&format!(
            "select jsonb_agg(to_jsonb(t) order by to_jsonb(t)::text) from read_models.{table} t"
        ))
        .fetch_one(database.pools.system())
        .await
        .unwrap();
        rows.push(found);
    }
    rows
}

/// Empties tables and checkpoints, as if no event had been applied yet.
async fn forget(database: &TestDatabase, tables: &[&str]) {
    let mut superuser = database.superuser().await;
    for table in tables {
        superuser.execute(format!("truncate read_models.{table}").as_str()).await.unwrap();
    }
    superuser.execute("truncate projection_checkpoints").await.unwrap();
}

/// Asserts that the tables hold the same rows whether events come one at a time, in pairs or all at once.
async fn assert_same_however_batched(database: &TestDatabase, tables: &[&str]) {
    project(database, 1000).await;
    let all_at_once = rows_of(database, tables).await;
    for batch in [1, 2, 7] {
        forget_all(database).await;
        project(database, batch).await;
        assert_eq!(rows_of(database, tables).await, all_at_once, "batches of {batch}");
    }
}

async fn forget_all(database: &TestDatabase) {
    let tables: Vec<&str> = read_models::all().iter().flat_map(|model| model.tables()).copied().collect();
    forget(database, &tables).await;
}
