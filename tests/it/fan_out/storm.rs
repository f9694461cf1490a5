//! Workers of a group that come, go, die, and hold on to what is no longer theirs, with traffic running.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use seiketsu_projections::kafka::{KafkaSettings, KafkaSource};
use seiketsu_projections::source::{Batch, ResumePoint, Source, SourceError};
use seiketsu_projections::store::head;
use tokio::sync::Semaphore;

use super::{
    PATIENCE, Running, Traffic, assert_faithful, caught_up, escalate, from_kafka, relay, relayed, watermark,
    worker,
};
use crate::support::database::TestDatabase;
use crate::support::{database, kafka, wait};

/// How often something happens to the group.
const EVERY: Duration = Duration::from_secs(2);
const ROUNDS: usize = 12;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_repeated_or_inverted_while_the_group_never_rests() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let relay = relay(&database, &kafka);
    let traffic = Traffic::start(&database);
    let mut workers = vec![from_kafka(&database, &kafka)];
    let (mut round, mut most_members) = (0, 0);
    // On a slow machine the group takes longer to come to an agreement between two changes.
    while round < ROUNDS || (most_members < 2 && round < 4 * ROUNDS) {
        tokio::time::sleep(EVERY).await;
        most_members = most_members.max(kafka::members_with_partitions(&kafka).await);
        match round % 4 {
            0 | 1 => workers.push(from_kafka(&database, &kafka)),
            2 => workers.remove(0).kill().await,
            _ => workers.remove(0).stop().await,
        }
        round += 1;
    }
    traffic.stop().await;
    assert!(most_members > 1, "partitions were to be shared");
    caught_up(&database).await;
    for worker in workers {
        worker.stop().await;
    }
    relay.stop().await;
    assert_faithful(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_with_names_keep_their_partitions_over_a_restart() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let commands = database.commands();
    let relay = relay(&database, &kafka);
    let named = |name: &str| KafkaSettings { instance: Some(name.to_owned()), ..kafka.clone() };
    let (first, second) = (from_kafka(&database, &named("one")), from_kafka(&database, &named("two")));
    wait::until("both have partitions", PATIENCE, async || kafka::members_with_partitions(&kafka).await == 2)
        .await;
    first.stop().await;
    for _ in 0..20 {
        escalate(&commands, 3).await;
    }
    assert_eq!(kafka::members_with_partitions(&kafka).await, 2, "the name was to be kept for its owner");
    let first = from_kafka(&database, &named("one"));
    caught_up(&database).await;
    for worker in [first, second] {
        worker.stop().await;
    }
    relay.stop().await;
    assert_faithful(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_was_replaced_while_it_held_a_batch_writes_nothing() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let commands = database.commands();
    let relay = relay(&database, &kafka);
    // In a group of its own Kafka takes nothing from it, so that only the checkpoint can stop it.
    let apart = KafkaSettings { group: format!("{}-apart", kafka.group), ..kafka.clone() };
    let (held, may_go) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let resumed = Arc::new(AtomicUsize::new(0));
    let source = Holding {
        inner: KafkaSource::new(apart, 100),
        next: None,
        held: Arc::clone(&held),
        may_go: Arc::clone(&may_go),
        resumed: Arc::clone(&resumed),
    };
    let replaced = worker(&database, source);
    for _ in 0..20 {
        escalate(&commands, 3).await;
    }
    held.acquire().await.unwrap().forget();
    let successor = from_kafka(&database, &kafka);
    caught_up(&database).await;
    let before = applied_by(&database).await;
    let resumed_before = resumed.load(Ordering::SeqCst);

    // Everything it holds is applied by now.
    may_go.add_permits(1000);
    wait::until("it has tried, and starts over", PATIENCE, async || {
        resumed.load(Ordering::SeqCst) > resumed_before
    })
    .await;
    assert_eq!(applied_by(&database).await, before);
    successor.stop().await;
    // It was fenced, not broken: it goes on with what is new.
    for _ in 0..20 {
        escalate(&commands, 3).await;
    }
    caught_up(&database).await;
    replaced.stop().await;
    relay.stop().await;
    assert_faithful(&database).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_in_topics_that_were_made_anew_is_read_from_the_store() {
    let (database, kafka) = (database::create().await, kafka::settings().await);
    let commands = database.commands();
    let more = async |worker: bool| {
        let mut running = vec![relay(&database, &kafka)];
        running.extend(worker.then(|| from_kafka(&database, &kafka)));
        for _ in 0..40 {
            escalate(&commands, 3).await;
        }
        if worker {
            caught_up(&database).await
        } else {
            relayed(&database).await
        }
        for one in running {
            Running::stop(one).await;
        }
    };
    more(true).await;
    more(false).await;
    kafka::make_topics_anew(&kafka).await;
    // Fewer than were there before, so that each partition ends before the place the worker asks for.
    let relay = relay(&database, &kafka);
    let worker = from_kafka(&database, &kafka);
    let mut rounds = 0;
    wait::until("the read model has caught up", PATIENCE, async || {
        // Each partition shows what it lacks as soon as it has something.
        if rounds < 20 {
            escalate(&commands, 1).await;
            rounds += 1;
        }
        watermark(&database).await >= head(database.pools.system()).await.unwrap()
    })
    .await;
    worker.stop().await;
    relay.stop().await;
    assert_faithful(&database).await;
}

/// Position and the moment of each checkpoint's last move.
async fn applied_by(database: &TestDatabase) -> Vec<(String, i64, String)> {
    sqlx::query_as("select partition, position, moved_at::text from projection_checkpoints order by 1")
        .fetch_all(database.pools.system())
        .await
        .unwrap()
}

/// Hands every batch out only when it may, and tells that it holds one.
struct Holding {
    inner: KafkaSource,
    next: Option<Batch>,
    held: Arc<Semaphore>,
    may_go: Arc<Semaphore>,
    resumed: Arc<AtomicUsize>,
}

#[async_trait]
impl Source for Holding {
    async fn resume(&mut self, from: &ResumePoint) -> Result<(), SourceError> {
        self.next = None;
        self.resumed.fetch_add(1, Ordering::SeqCst);
        self.inner.resume(from).await
    }

    async fn next(&mut self) -> Result<Batch, SourceError> {
        if self.next.is_none() {
            self.next = Some(self.inner.next().await?);
            self.held.add_permits(1);
        }
        self.may_go.acquire().await.unwrap().forget();
        Ok(self.next.take().unwrap_or_default())
    }

    fn applied(&mut self, batch: &Batch) {
        self.inner.applied(batch);
    }
}
