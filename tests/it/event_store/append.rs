//! Appending: atomic per command, each command of a batch for itself, in order per stream.

use futures::future::join_all;
use seiketsu::event_store::{Append, Appended, EventStore, Key, StoreError};
use seiketsu::ids;
use seiketsu_domain::escalation::Escalation;
use seiketsu_projections::store::events_after;
use sqlx::Connection;
use uuid::Uuid;

use super::{append, committed, stream};
use crate::support::database::TestDatabase;
use crate::support::{database, wishes};

#[tokio::test(flavor = "multi_thread")]
async fn appended_events_are_read_back_in_order() {
    let database = database::create().await;
    let store = database.store();
    let (tenant, id) = (wishes::tenant(), ids::new());
    committed(&store, append(tenant, id, 0, 3)).await;
    let last = committed(&store, append(tenant, id, 3, 2)).await;

    let history = store.history::<Escalation>(tenant, id, i64::MAX).await.unwrap();
    assert_eq!(history.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let loaded = store.load::<Escalation>(tenant, id).await.unwrap();
    assert_eq!((loaded.state.version, loaded.position), (5, last));
    let all = events_after(database.pools.system(), 0, 100).await.unwrap();
    assert!(all.is_sorted_by(|a, b| a.position < b.position && a.sequence < b.sequence));
    assert_eq!(all.last().unwrap().position, last);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_moved_on_refuses_an_older_version() {
    let database = database::create().await;
    let store = database.store();
    let (tenant, id) = (wishes::tenant(), ids::new());
    committed(&store, append(tenant, id, 0, 2)).await;

    for stale in [0, 1, 3] {
        assert_eq!(store.append(append(tenant, id, stale, 1)).await.unwrap(), Appended::Conflict);
    }
    assert_eq!(versions(&database, id).await, [1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_conflict_in_a_batch_leaves_the_others_alone() {
    let database = database::create().await;
    let store = database.store_with_lanes(1);
    let tenant = wishes::tenant();
    let ids: Vec<Uuid> = (0..8).map(|_| ids::new()).collect();
    committed(&store, append(tenant, ids[3], 0, 1)).await;

    let batch = ids.iter().map(|id| append(tenant, *id, 0, 2)).collect();
    let outcomes = in_one_batch(&database, &store, batch).await;
    for (id, outcome) in ids.iter().zip(&outcomes) {
        let refused = *outcome == Appended::Conflict;
        assert_eq!(refused, *id == ids[3]);
        assert_eq!(versions(&database, *id).await.len(), if refused { 1 } else { 2 });
    }
    assert_eq!(statements(&database, &[ids[0], ids[7]]).await, 1, "the commands were to share a batch");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_command_of_a_batch_ends_for_itself() {
    let database = database::create().await;
    let store = database.store_with_lanes(1);
    let tenant = wishes::tenant();
    let (taken, moved_on) = (ids::new(), ids::new());
    let used = committed(&store, keyed(append(tenant, taken, 0, 1), "used", 1)).await;
    committed(&store, append(tenant, moved_on, 0, 2)).await;

    let (one, other): (Uuid, Uuid) = (ids::new(), ids::new());
    let batch = vec![
        keyed(append(tenant, one, 0, 2), "new", 1),
        keyed(append(tenant, ids::new(), 0, 1), "used", 1),
        keyed(append(tenant, ids::new(), 0, 1), "used too", 2),
        append(tenant, taken, 0, 1),
        append(tenant, moved_on, 1, 1),
        append(tenant, moved_on, 2, 1),
        append(tenant, other, 0, 1),
        keyed(append(wishes::tenant(), ids::new(), 0, 1), "used", 9),
    ];
    // The same key twice would go into two batches, and another tenant's is another key.
    committed(&store, keyed(append(tenant, ids::new(), 0, 1), "used too", 1)).await;
    let outcomes = in_one_batch(&database, &store, batch).await;

    assert!(matches!(outcomes[0], Appended::Committed { .. }), "{outcomes:?}");
    let replayed = Appended::Replayed {
        aggregate_type: "escalation".to_owned(),
        aggregate_id: taken,
        version: 1,
        events: 1,
        position: used,
    };
    assert_eq!(outcomes[1], replayed);
    assert_eq!(outcomes[2], Appended::KeyReused);
    assert_eq!(outcomes[3], Appended::Conflict);
    assert_eq!(outcomes[4], Appended::Conflict);
    for n in [5, 6, 7] {
        assert!(matches!(outcomes[n], Appended::Committed { .. }), "{n}: {outcomes:?}");
    }
    assert_eq!(versions(&database, one).await, [1, 2]);
    assert_eq!(versions(&database, taken).await, [1]);
    assert_eq!(versions(&database, moved_on).await, [1, 2, 3]);
    for (id, outcome) in [(one, &outcomes[0]), (moved_on, &outcomes[5]), (other, &outcomes[6])] {
        let last = events_after(database.pools.system(), 0, 100).await.unwrap();
        let last = last.iter().rfind(|event| event.aggregate_id == id).unwrap().position;
        assert_eq!(*outcome, Appended::Committed { position: last });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn data_the_database_refuses_fails_its_own_command_only() {
    let database = database::create().await;
    let store = database.store_with_lanes(1);
    let tenant = wishes::tenant();
    let ids: Vec<Uuid> = (0..7).map(|_| ids::new()).collect();
    let mut batch: Vec<Append> = ids.iter().map(|id| append(tenant, *id, 0, 1)).collect();
    batch[4].streams[0].events[0].payload = "{ not JSON".to_owned();

    let outcomes = settled_in_one_batch(&database, &store, batch).await;
    for (n, (id, outcome)) in ids.iter().zip(&outcomes).enumerate() {
        assert_eq!(outcome.is_err(), n == 4, "{n}: {outcome:?}");
        assert_eq!(versions(&database, *id).await.len(), usize::from(n != 4));
    }
    committed(&store, append(tenant, ids::new(), 0, 1)).await;
}

fn keyed(append: Append, key: &str, request: u8) -> Append {
    Append { key: Some(Key { key: key.to_owned(), request_hash: [request; 32] }), ..append }
}

async fn in_one_batch(database: &TestDatabase, store: &EventStore, batch: Vec<Append>) -> Vec<Appended> {
    settled_in_one_batch(database, store, batch).await.into_iter().map(Result::unwrap).collect()
}

/// While somebody else holds the append lock, a first command goes ahead alone and the batch gathers behind it.
async fn settled_in_one_batch(
    database: &TestDatabase,
    store: &EventStore,
    batch: Vec<Append>,
) -> Vec<Result<Appended, StoreError>> {
    let mut foreign = database.superuser().await;
    let mut lock = foreign.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(7310003)").execute(&mut *lock).await.unwrap();
    let first = tokio::spawn({
        let store = store.clone();
        async move { store.append(append(wishes::tenant(), ids::new(), 0, 1)).await }
    });
    database.waits_for_a_lock().await;
    let rest = tokio::spawn({
        let store = store.clone();
        async move { join_all(batch.into_iter().map(|append| store.append(append))).await }
    });
    tokio::task::yield_now().await;
    lock.commit().await.unwrap();
    first.await.unwrap().unwrap();
    rest.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_on_two_streams_is_stored_in_both_or_in_none() {
    let database = database::create().await;
    let store = database.store();
    let (tenant, one, other) = (wishes::tenant(), ids::new(), ids::new());
    let both = |expected| {
        let command = append(tenant, one, 0, 1);
        Append { streams: vec![stream(tenant, one, 0, 1), stream(tenant, other, expected, 2)], ..command }
    };

    assert_eq!(store.append(both(7)).await.unwrap(), Appended::Conflict);
    assert_eq!((versions(&database, one).await.len(), versions(&database, other).await.len()), (0, 0));
    committed(&store, both(0)).await;
    assert_eq!((versions(&database, one).await.len(), versions(&database, other).await.len()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_may_rely_on_a_stream_without_writing_to_it() {
    let database = database::create().await;
    let store = database.store();
    let (tenant, one, relied_on) = (wishes::tenant(), ids::new(), ids::new());
    committed(&store, append(tenant, relied_on, 0, 1)).await;
    let relying = |expected| {
        let command = append(tenant, one, 0, 1);
        Append { streams: vec![stream(tenant, one, 0, 1), stream(tenant, relied_on, expected, 0)], ..command }
    };

    assert_eq!(store.append(relying(0)).await.unwrap(), Appended::Conflict);
    committed(&store, relying(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn event_ids_follow_from_the_command_id() {
    let database = database::create().await;
    let store = database.store();
    let (tenant, id) = (wishes::tenant(), ids::new());
    let command = append(tenant, id, 0, 3);
    let command_id = command.metadata.command_id;
    committed(&store, command).await;

    let expected: Vec<Uuid> = (0..3_u32).map(|n| Uuid::new_v5(&command_id, &n.to_be_bytes())).collect();
    let history = store.history::<Escalation>(tenant, id, i64::MAX).await.unwrap();
    assert_eq!(history.iter().map(|event| event.event_id).collect::<Vec<_>>(), expected);
}

async fn versions(database: &TestDatabase, id: Uuid) -> Vec<i64> {
    sqlx::query_scalar("select sequence from events where aggregate_id = $1 order by position")
        .bind(id)
        .fetch_all(database.pools.system())
        .await
        .unwrap()
}

/// In how many statements the streams were written: rows of one share the time they were recorded at and the
/// transaction that wrote them.
async fn statements(database: &TestDatabase, ids: &[Uuid]) -> i64 {
    sqlx::query_scalar("select count(distinct xmin::text) from events where aggregate_id = any ($1)")
        .bind(ids)
        .fetch_one(database.pools.system())
        .await
        .unwrap()
}
