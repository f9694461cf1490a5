//! Processes that append at once take turns: each makes its batch when it is its turn, and nobody keeps one for himself.

use std::time::Duration;

use futures::future::join_all;
use seiketsu::event_store::{Appended, EventStore};
use seiketsu::ids;
use sqlx::postgres::PgPool;

use super::append;
use crate::support::{database, wishes};

const PROCESSES: usize = 3;
const WRITERS: usize = 8;
const APPENDS: usize = 25;

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_append_at_once_take_turns_and_leave_none_taken() {
    let database = database::create().await;
    let stores: Vec<EventStore> = (0..PROCESSES).map(|_| database.store()).collect();
    let writers = (0..PROCESSES * WRITERS).map(|n| tokio::spawn(write(stores[n % PROCESSES].clone())));
    let written: usize = join_all(writers).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(written, PROCESSES * WRITERS * APPENDS);

    let pool = &database.superuser_pool().await;
    assert!(count(pool, "pg_stat_activity where query like 'select pg_advisory_unlock(7310003)%'").await > 0);
    assert_eq!(count(pool, "events").await, 2 * written as i64);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let kept = "pg_locks where locktype = 'advisory' and objid = 7310003
                   and database = (select oid from pg_database where datname = current_database())";
    assert_eq!(count(pool, kept).await, 0, "a turn was kept");
}

/// Begins streams, each a second time under its id, which is refused in the middle of a turn.
async fn write(store: EventStore) -> usize {
    let mut written = 0;
    for _ in 0..APPENDS {
        let (tenant, id) = (wishes::tenant(), ids::new());
        let first = store.append(append(tenant, id, 0, 2)).await.unwrap();
        written += usize::from(matches!(first, Appended::Committed { .. }));
        assert_eq!(store.append(append(tenant, id, 0, 2)).await.unwrap(), Appended::Conflict);
    }
    written
}

async fn count(pool: &PgPool, rows: &str) -> i64 {
    sqlx::query_scalar(&format!("select count(*) from {rows}")).fetch_one(pool).await.unwrap()
}
