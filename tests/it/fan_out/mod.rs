//! From the store to read models, directly or through Kafka: nothing lost, nothing twice, each stream in order.

mod faults;
mod given_up;
mod hints;
mod pause;
mod poison;
mod rebuild;
mod relay;
mod set_aside;
mod side_by_side;
mod sources;
mod storm;
mod watermark;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use seiketsu::command::Commands;
use seiketsu::hint::Hint;
use seiketsu::ids;
use seiketsu::relay::{Relay, RelaySettings};
use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::escalation::Escalation;
use seiketsu_projections::Projection;
use seiketsu_projections::arrival::Arrivals;
use seiketsu_projections::driver::Worker;
use seiketsu_projections::kafka::{KafkaSettings, KafkaSource};
use seiketsu_projections::read_models::escalation_queue::EscalationQueue;
use seiketsu_projections::source::{Source, StoreSource};
use seiketsu_projections::store::{events_after, head};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::database::TestDatabase;
use crate::support::{wait, wishes};

const PATIENCE: Duration = Duration::from_secs(60);

/// A task that runs until it is told to stop, or is killed.
pub(crate) struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    fn start<F: Future<Output = ()> + Send + 'static>(run: impl FnOnce(CancellationToken) -> F) -> Self {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(run(stop.clone())), stop }
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }

    /// Ends it wherever it stands: nothing is released, finished or said goodbye to.
    async fn kill(self) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
    }
}

pub(crate) fn relay(database: &TestDatabase, kafka: &KafkaSettings) -> Running {
    relay_with(database, kafka, Duration::from_secs(10), 100)
}

fn relay_with(database: &TestDatabase, kafka: &KafkaSettings, lease: Duration, batch: i64) -> Running {
    let poll = Duration::from_millis(20);
    let settings = RelaySettings { kafka: kafka.clone(), replication: 1, batch, poll, lease };
    let relay = Relay::new(database.more_pools().system().clone(), settings, &Hint::default());
    Running::start(|stop| relay.run(stop))
}

fn queue() -> Vec<Arc<dyn Projection>> {
    vec![Arc::new(EscalationQueue)]
}

fn from_store(database: &TestDatabase) -> Running {
    worker(database, polling(database))
}

/// The store, looked at without hints.
fn polling(database: &TestDatabase) -> StoreSource {
    let pool = database.more_pools().system().clone();
    StoreSource::new(pool, Hint::default().subscribe(), Duration::from_millis(20), 100)
}

pub(crate) fn from_kafka(database: &TestDatabase, kafka: &KafkaSettings) -> Running {
    worker(database, KafkaSource::new(kafka.clone(), 100))
}

fn worker(database: &TestDatabase, source: impl Source + 'static) -> Running {
    worker_of(database, queue(), source)
}

pub(crate) fn worker_of(
    database: &TestDatabase,
    projections: Vec<Arc<dyn Projection>>,
    source: impl Source + 'static,
) -> Running {
    let pool = database.more_pools().system().clone();
    let worker = Worker::new(pool, projections, PARTITIONS, Arrivals::default());
    Running::start(|stop| worker.run(Box::new(source), stop))
}

/// What the settings of the tests say.
const PARTITIONS: i16 = 4;

/// Raises an escalation and assigns it so often that its stream has `events` events.
pub(crate) async fn escalate(commands: &Commands, events: usize) -> Uuid {
    let (tenant, id) = (wishes::tenant(), ids::new());
    let wish = wishes::of(tenant);
    commands.create::<Escalation>(&wish, id, wishes::raise_escalation(tenant, id)).await.unwrap();
    for _ in 1..events {
        commands.execute::<Escalation>(&wish, id, wishes::reassign()).await.unwrap();
    }
    id
}

/// People who raise and assign escalations without a pause.
struct Traffic {
    stop: CancellationToken,
    writers: Vec<JoinHandle<()>>,
}

impl Traffic {
    fn start(database: &TestDatabase) -> Self {
        let stop = CancellationToken::new();
        let writer = |_| {
            let (commands, stop) = (database.commands(), stop.clone());
            tokio::spawn(async move {
                while !stop.is_cancelled() {
                    escalate(&commands, 5).await;
                }
            })
        };
        Self { writers: (0..3).map(writer).collect(), stop }
    }

    async fn stop(self) {
        self.stop.cancel();
        for writer in self.writers {
            writer.await.unwrap();
        }
    }
}

/// Waits until so many more events are stored than now.
async fn more_events(database: &TestDatabase, count: i64) {
    let before = database.event_count().await;
    wait::until("more events are stored", PATIENCE, async || database.event_count().await >= before + count)
        .await;
}

/// Waits until the read model has applied every event of the store.
pub(crate) async fn caught_up(database: &TestDatabase) {
    let head = head(database.pools.system()).await.unwrap();
    wait::until("the read model has caught up", PATIENCE, async || watermark(database).await >= head).await;
}

/// Waits until the relay has sent every event of the store.
async fn relayed(database: &TestDatabase) {
    let head = head(database.pools.system()).await.unwrap();
    wait::until("the relay has caught up", PATIENCE, async || {
        let position: Option<i64> = sqlx::query_scalar("select max(position) from relay")
            .fetch_one(database.pools.system())
            .await
            .unwrap();
        position >= Some(head)
    })
    .await;
}

pub(crate) async fn watermark(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("select projection_watermark('escalation_queue', 1)")
        .fetch_one(database.pools.system())
        .await
        .unwrap()
}

/// The read model holds what a fold of the log holds; nothing was parked, as an event applied twice would be.
pub(crate) async fn assert_faithful(database: &TestDatabase) {
    assert_eq!(parked(database, "escalation_queue").await, []);
    let folded = fold_of_the_log(database).await;
    let rows: Vec<(Uuid, String)> = sqlx::query_as("select id, state::text from read_models.escalations")
        .fetch_all(database.pools.system())
        .await
        .unwrap();
    let rows: HashMap<Uuid, Escalation> =
        rows.into_iter().map(|(id, state)| (id, serde_json::from_str(&state).unwrap())).collect();
    assert_eq!(rows.len(), folded.len());
    assert!(rows == folded, "the read model differs from the log");
}

async fn fold_of_the_log(database: &TestDatabase) -> HashMap<Uuid, Escalation> {
    let mut folded: HashMap<Uuid, Escalation> = HashMap::new();
    for envelope in events_after(database.pools.system(), 0, i64::MAX).await.unwrap() {
        if let Fact::Escalation(event) = envelope.fact.unwrap() {
            folded.entry(envelope.aggregate_id).or_default().evolve(&event);
        }
    }
    folded
}

/// Stream, sequence and reason of what is parked under a name, in order.
pub(crate) async fn parked(database: &TestDatabase, name: &str) -> Vec<(Uuid, i64, Option<String>)> {
    sqlx::query_as(
        "select aggregate_id, sequence, error from dead_letters where projection = $1 order by position",
    )
    .bind(name)
    .fetch_all(database.pools.system())
    .await
    .unwrap()
}
