//! Events lie in partitions, and nobody can tell: streams go on from one into the next, are loaded across them, and no
//! version is written twice however far apart its writers' partitions are.

use futures::future::join_all;
use seiketsu::event_store::{Append, Appended, StreamWrite};
use seiketsu::ids;
use seiketsu_domain::escalation::Escalation;
use seiketsu_projections::store::events_after;
use sqlx::Executor;

use super::{append, committed, stream};
use crate::support::database::{self, TestDatabase};
use crate::support::wishes;

/// Positions per partition from the third one on: the first two are there already, full size.
const SIZE: i64 = 20;

/// A database whose next position lies just before the first small partition.
async fn with_small_partitions() -> TestDatabase {
    let database = database::create().await;
    let mut superuser = database.superuser().await;
    superuser
        .execute(
            format!(
                "create or replace function event_partition_size() returns bigint language sql immutable return {SIZE};
                 select setval('event_position', (select max(ends) from event_partitions) - 5);"
            )
            .as_str(),
        )
        .await
        .unwrap();
    database
}

/// What is at `expected` and knows it from `known` on.
fn going_on(write: StreamWrite, known: i64) -> StreamWrite {
    StreamWrite { known: Some(known), ..write }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_go_on_from_partition_to_partition() {
    let database = with_small_partitions().await;
    let (tenant, id) = (wishes::tenant(), ids::new());
    let store = database.store();
    let mut known = committed(&store, append(tenant, id, 0, 1)).await;
    for version in 1..100 {
        let mut next = append(tenant, id, version, 1);
        next.streams = vec![going_on(stream(tenant, id, version, 1), known)];
        known = committed(&store, next).await;
    }

    assert_eq!(store.history::<Escalation>(tenant, id, i64::MAX).await.unwrap().len(), 100);
    let loaded = database.store().load::<Escalation>(tenant, id).await.unwrap();
    assert_eq!((loaded.state.version, loaded.position), (100, known));
    let all = events_after(database.pools.system(), 0, 1000).await.unwrap();
    assert_eq!(all.iter().map(|event| event.sequence).collect::<Vec<_>>(), (1..=100).collect::<Vec<_>>());
    assert!(partitions(&database).await >= 2 + 100 / SIZE, "the stream lies in many partitions");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_exists_in_an_old_partition_cannot_begin_again_in_a_new_one() {
    let database = with_small_partitions().await;
    let (tenant, id) = (wishes::tenant(), ids::new());
    let store = database.store();
    committed(&store, append(tenant, id, 0, 1)).await;
    for _ in 0..3 {
        committed(&store, append(tenant, ids::new(), 0, SIZE as usize)).await;
    }

    let mut again = append(tenant, id, 0, 1);
    again.streams = vec![going_on(stream(tenant, id, 0, 1), 0)];
    assert_eq!(store.append(again).await.unwrap(), Appended::Conflict);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_written_once_wherever_its_predecessor_lies() {
    let database = with_small_partitions().await;
    let (tenant, id) = (wishes::tenant(), ids::new());
    let known = committed(&database.store(), append(tenant, id, 0, 1)).await;

    for version in 1..30 {
        // Several processes, each of which has seen only the first event's place.
        let stores: Vec<_> = (0..4).map(|_| database.store()).collect();
        let rivals = stores.iter().map(|store| {
            let streams = vec![going_on(stream(tenant, id, version, 1), known)];
            store.append(Append { streams, ..append(tenant, id, version, 1) })
        });
        let outcomes = join_all(rivals).await;
        let committed = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Appended::Committed { .. })));
        assert_eq!(committed.count(), 1, "{outcomes:?}");
    }
    assert_eq!(database.store().history::<Escalation>(tenant, id, i64::MAX).await.unwrap().len(), 30);
}

async fn partitions(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select count(*) from event_partitions")
        .fetch_one(database.pools.system())
        .await
        .unwrap()
}
