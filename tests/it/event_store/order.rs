//! Position order is commit order: who reads upwards misses nothing, sees nothing twice, and each stream in order.
//! Commits are made slow and irregular, so that a store without the promise would be caught; that the check
//! catches one is tested too.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use seiketsu::event_store::{Appended, EventStore};
use seiketsu::ids;
use seiketsu_projections::store::events_after;
use sqlx::postgres::PgPool;
use sqlx::{Connection, Executor};
use uuid::Uuid;

use super::append;
use crate::support::database::TestDatabase;
use crate::support::{database, wait, wishes};

/// What a subscriber that only remembers its position has seen.
#[derive(Default)]
struct Subscriber {
    position: i64,
    seen: Vec<(i64, Uuid)>,
    versions: HashMap<Uuid, i64>,
}

impl Subscriber {
    /// Reads on from where it stands; the first broken promise ends it.
    async fn read(&mut self, pool: &PgPool, limit: i64) -> Result<(), String> {
        for event in events_after(pool, self.position, limit).await.unwrap() {
            let version = self.versions.entry(event.aggregate_id).or_default();
            if event.position <= self.position || event.sequence != *version + 1 {
                return Err(format!(
                    "position {} sequence {} after {version}",
                    event.position, event.sequence
                ));
            }
            (self.position, *version) = (event.position, event.sequence);
            self.seen.push((event.position, event.event_id));
        }
        Ok(())
    }

    async fn follow(mut self, pool: PgPool, limit: i64, done: Arc<AtomicBool>) -> Result<Self, String> {
        loop {
            let last_round = done.load(Ordering::SeqCst);
            let before = self.position;
            self.read(&pool, limit).await?;
            if last_round && self.position == before {
                return Ok(self);
            }
        }
    }
}

const WRITERS: usize = 6;
const APPENDS: usize = 25;

/// Several processes' worth of writers, and subscribers with batches of different sizes. What they found amiss.
async fn trial(database: &TestDatabase) -> Result<(), String> {
    let done = Arc::new(AtomicBool::new(false));
    let subscribers = [1, 7, 1000].map(|limit| {
        let pool = database.pools.system().clone();
        tokio::spawn(Subscriber::default().follow(pool, limit, Arc::clone(&done)))
    });
    let stores: Vec<EventStore> = (0..3).map(|_| database.store()).collect();
    join_all((0..WRITERS).map(|writer| tokio::spawn(write(stores[writer % 3].clone())))).await;
    done.store(true, Ordering::SeqCst);

    let stored: Vec<(i64, Uuid)> = sqlx::query_as("select position, event_id from events order by position")
        .fetch_all(database.pools.system())
        .await
        .unwrap();
    for subscriber in subscribers {
        let subscriber = subscriber.await.unwrap()?;
        if subscriber.seen != stored {
            return Err(format!("saw {} of {} events", subscriber.seen.len(), stored.len()));
        }
    }
    Ok(())
}

/// Grows streams of its own, one to three events at a time.
async fn write(store: EventStore) {
    let tenant = wishes::tenant();
    let streams: Vec<Uuid> = (0..3).map(|_| ids::new()).collect();
    let mut versions = [0; 3];
    for n in 0..APPENDS {
        let (stream, count) = (n % 3, 1 + n % 3);
        let outcome = store.append(append(tenant, streams[stream], versions[stream], count)).await.unwrap();
        assert!(matches!(outcome, Appended::Committed { .. }), "{outcome:?}");
        versions[stream] += i64::try_from(count).unwrap();
    }
}

/// Every commit takes up to 4 ms longer per event: the time between drawing a position and its being visible.
async fn dawdle_at_commit(database: &TestDatabase) {
    let mut superuser = database.superuser().await;
    superuser
        .execute(
            "create function dawdle() returns trigger language plpgsql as
             $$ begin perform pg_sleep(random() * 0.004); return null; end $$;
             create constraint trigger dawdle after insert on events deferrable initially deferred
                 for each row execute function dawdle();",
        )
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_miss_nothing_while_several_processes_append() {
    let database = database::create().await;
    dawdle_at_commit(&database).await;
    trial(&database).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_transaction_held_open_holds_nothing_back() {
    let database = database::create().await;
    dawdle_at_commit(&database).await;
    // It has drawn a transaction id and a position, and neither commits nor ends.
    let mut foreign = database.superuser().await;
    let mut open = foreign.begin().await.unwrap();
    open.execute("insert into relay (name) values ('foreign'); select nextval('event_position')")
        .await
        .unwrap();

    trial(&database).await.unwrap();
    open.rollback().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trial_catches_a_store_that_numbers_without_the_lock() {
    let database = database::create().await;
    dawdle_at_commit(&database).await;
    let mut superuser = database.superuser().await;
    let function: String = sqlx::query_scalar("select pg_get_functiondef('append_commands'::regproc)")
        .fetch_one(&mut superuser)
        .await
        .unwrap();
    let unlocked = function.replace("pg_advisory_xact_lock(7310003) is not null", "true");
    assert_ne!(unlocked, function);
    superuser.execute(unlocked.as_str()).await.unwrap();

    assert!(trial(&database).await.is_err(), "the trial would not notice a store that loses events");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_append_that_commits_late_is_seen_in_its_place() {
    let database = database::create().await;
    let store = database.store();
    let pool = database.pools.system();
    let (tenant, slow, quick) = (wishes::tenant(), ids::new(), ids::new());
    let mut subscriber = Subscriber::default();

    // An append that has drawn its position, and dawdles before it commits.
    let mut foreign = database.superuser().await;
    let mut late = foreign.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(7310003)").execute(&mut *late).await.unwrap();
    insert_event(&mut late, tenant.0, slow).await;
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.append(append(tenant, quick, 0, 1)).await }
    });
    database.waits_for_a_lock().await;
    subscriber.read(pool, 100).await.unwrap();
    assert_eq!(subscriber.seen.len(), 0, "nothing is visible out of turn");
    late.commit().await.unwrap();
    waiting.await.unwrap().unwrap();

    wait::until("both events are seen", Duration::from_secs(5), async || {
        subscriber.read(pool, 100).await.unwrap();
        subscriber.seen.len() == 2
    })
    .await;
    assert_eq!(subscriber.versions.keys().collect::<Vec<_>>().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_was_drawn_and_given_up_stalls_nobody() {
    let database = database::create().await;
    let mut foreign = database.superuser().await;
    let mut given_up = foreign.begin().await.unwrap();
    insert_event(&mut given_up, wishes::tenant().0, ids::new()).await;
    given_up.rollback().await.unwrap();

    let position = super::committed(&database.store(), append(wishes::tenant(), ids::new(), 0, 1)).await;
    assert_eq!(position, 2);
    let mut subscriber = Subscriber::default();
    subscriber.read(database.pools.system(), 100).await.unwrap();
    assert_eq!(subscriber.seen.len(), 1);
}

async fn insert_event(connection: &mut sqlx::PgConnection, tenant: Uuid, id: Uuid) {
    sqlx::query(
        "insert into events (position, tenant_id, aggregate_type, aggregate_id, sequence, slot, event_id, event_type,
                             event_version, payload, metadata, occurred_at, recorded_at)
         values (nextval('event_position'), $1, 'escalation', $2, 1, 0, gen_random_uuid(), 'escalation.timed_out', 1,
                 '{}', '{}', now(), now())",
    )
    .bind(tenant)
    .bind(id)
    .execute(connection)
    .await
    .unwrap();
}
