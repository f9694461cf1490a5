//! The database fails: an error is never an acknowledgement, an acknowledgement never a loss, and nobody restarts.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use seiketsu::command::Commands;
use seiketsu::event_store::{Appended, EventStore, StoreError};
use seiketsu::ids;
use seiketsu_domain::escalation::Escalation;
use uuid::Uuid;

use super::append;
use crate::support::database::TestDatabase;
use crate::support::{database, wait, wishes};

/// What a writer was told, by command id.
type Answers = Vec<(Uuid, Result<i64, StoreError>)>;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_connection_is_an_error_or_a_stored_append() {
    let database = database::create().await;
    let store = database.store();
    let done = Arc::new(AtomicBool::new(false));
    let errors = Arc::new(AtomicU32::new(0));
    let writers =
        (0..8).map(|_| tokio::spawn(write_until(store.clone(), Arc::clone(&done), Arc::clone(&errors))));
    let writers: Vec<_> = writers.collect();

    wait::until("kills have hit appends", Duration::from_secs(30), async || {
        database.kill_connections().await;
        errors.load(Ordering::SeqCst) >= 20
    })
    .await;
    done.store(true, Ordering::SeqCst);
    let answers: Answers = join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();

    let stored = positions_by_command(&database).await;
    let mut acknowledged = 0;
    for (command, answer) in answers {
        if let Ok(position) = answer {
            assert_eq!(stored.get(&command), Some(&position), "an acknowledged append is lost");
            acknowledged += 1;
        }
    }
    assert!(acknowledged > 0);
    wait::until("the store works again without a restart", Duration::from_secs(10), async || {
        store.append(append(wishes::tenant(), ids::new(), 0, 1)).await.is_ok()
    })
    .await;
}

/// New streams, one after the other, whatever is answered.
async fn write_until(store: EventStore, done: Arc<AtomicBool>, errors: Arc<AtomicU32>) -> Answers {
    let tenant = wishes::tenant();
    let mut answers = Vec::new();
    while !done.load(Ordering::SeqCst) {
        let command = append(tenant, ids::new(), 0, 2);
        let id = command.metadata.command_id;
        let answer = match store.append(command).await {
            Ok(Appended::Committed { position }) => Ok(position),
            Ok(other) => panic!("a new stream was answered with {other:?}"),
            Err(error) => {
                errors.fetch_add(1, Ordering::SeqCst);
                Err(error)
            }
        };
        answers.push((id, answer));
    }
    answers
}

async fn positions_by_command(database: &TestDatabase) -> HashMap<Uuid, i64> {
    let rows: Vec<(Uuid, i64)> = sqlx::query_as(
        "select (metadata ->> 'commandId')::uuid, max(position) from events group by 1 having count(*) = 2",
    )
    .fetch_all(&database.superuser_pool().await)
    .await
    .unwrap();
    rows.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_settles_by_asking_again_under_the_same_key() {
    let database = database::create().await;
    let errors = Arc::new(AtomicU32::new(0));
    let done = Arc::new(AtomicBool::new(false));
    let asking =
        (0..4).map(|_| tokio::spawn(ask_until(database.commands(), Arc::clone(&done), Arc::clone(&errors))));
    let asking: Vec<_> = asking.collect();

    wait::until("kills have hit commands", Duration::from_secs(30), async || {
        database.kill_connections().await;
        errors.load(Ordering::SeqCst) >= 10
    })
    .await;
    done.store(true, Ordering::SeqCst);
    let asked: i64 = join_all(asking).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(database.event_count().await, asked, "one event per key, however often it was asked");
}

/// Raises escalations, each under a key that is asked again until it is answered; how many there were.
async fn ask_until(commands: Commands, done: Arc<AtomicBool>, errors: Arc<AtomicU32>) -> i64 {
    let tenant = wishes::tenant();
    let mut asked = 0;
    while !done.load(Ordering::SeqCst) {
        let id = ids::new();
        let wish = wishes::keyed(wishes::of(tenant), &format!("key-{asked}"), "{}");
        while commands.create::<Escalation>(&wish, id, wishes::raise_escalation(tenant, id)).await.is_err() {
            errors.fetch_add(1, Ordering::SeqCst);
        }
        asked += 1;
    }
    asked
}
