//! Moves committed events from the store to Kafka.
//!
//! Promises:
//! - **Everything, at least once**: an event is left behind only after Kafka has acknowledged it. After a crash some
//!   events are sent again, with the same id, key, partition and position.
//! - **In order**: what a partition shows for the first time, it shows in the order of the store, and so each stream
//!   by its sequence. Whoever drops positions at or below the highest he has seen of a partition sees each event
//!   once.
//! - **One at a time**: of all relays on a database one is active. Another takes over when it stops, at the latest
//!   when its lease runs out; a relay that was replaced without noticing cannot move the checkpoint.
//! - **Nobody waits for it**: commands and other readers never depend on Kafka. While it is down the lag grows.
//!
//! It does not promise exactly once on the wire (no Kafka transactions), nor any order between partitions. An event
//! that Kafka refuses for good (too large) is parked in `dead_letters` under the name `relay`, and the later events
//! of its stream behind it, until an operator has them sent again (`retry`). They come late then, out of the order of
//! positions, so read models fed by Kafka get such a stream by a rebuild, which reads the store.

/// How far the relay has come; moves under its epoch only.
mod checkpoint;
/// Who is the active one.
mod lease;
/// A stretch of events goes out, and all reports come in.
mod produce;
/// Events that were set aside go out after all.
pub mod retry;
/// From winning the lease to losing it.
mod term;

use std::time::Duration;

use rdkafka::error::KafkaError;
use seiketsu_projections::deadline::in_time;
use seiketsu_projections::kafka::KafkaSettings;
use seiketsu_projections::kafka::topics::TopicError;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::hint::Hint;
use lease::{Held, Lease};
use term::Term;

/// The name parked events are found under.
pub const NAME: &str = "relay";

/// How this installation relays.
#[derive(Debug, Clone)]
pub struct RelaySettings {
    pub kafka: KafkaSettings,
    /// Copies of each partition, where the relay creates a topic.
    pub replication: i32,
    /// Most events per read of the store.
    pub batch: i64,
    /// Longest wait before looking for new events when no hint arrives.
    pub poll: Duration,
    /// A relay that has not renewed its lease for this long is replaced.
    pub lease: Duration,
}

/// First pause after a failure; doubles up to [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// See the module documentation.
pub struct Relay {
    pool: PgPool,
    settings: RelaySettings,
    hint: watch::Receiver<i64>,
    lease: Lease,
    /// Up to here events go out one by one, because Kafka refused one of them.
    singly_up_to: i64,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    #[error(transparent)]
    Topics(#[from] TopicError),
    #[error("the lease or the checkpoint is not as this relay left it")]
    Overtaken,
}

impl Relay {
    /// A relay over `pool` (the system role), woken by `hint`.
    #[must_use]
    pub fn new(pool: PgPool, settings: RelaySettings, hint: &Hint) -> Self {
        let lease = Lease::new(pool.clone(), settings.lease);
        Self { pool, settings, hint: hint.subscribe(), lease, singly_up_to: 0 }
    }

    /// Runs until `stop`; survives every failure of database and broker by resuming from the checkpoint.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut pause = PAUSE;
        while !stop.is_cancelled() {
            let rest = match in_time(self.lease.take()).await {
                Ok(Some(held)) => self.serve(held, &stop, &mut pause).await,
                Ok(None) => self.lease.try_again_after(),
                Err(error) => complain(&error.into(), &mut pause),
            };
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Serves one term and gives the lease back, however it ended; says how long to rest.
    async fn serve(&mut self, held: Held, stop: &CancellationToken, pause: &mut Duration) -> Duration {
        let began_at = held.position;
        let mut term = Term::new(self, held);
        let outcome = term.run(stop).await;
        let Term { held, singly_up_to, .. } = term;
        self.singly_up_to = singly_up_to;
        self.lease.release(&held).await;
        if held.position > began_at {
            *pause = PAUSE;
        }
        match outcome {
            Ok(()) => Duration::ZERO,
            Err(failure) => complain(&failure, pause),
        }
    }
}

fn complain(failure: &Failure, pause: &mut Duration) -> Duration {
    let rest = *pause;
    *pause = (rest * 2).min(LONGEST_PAUSE);
    tracing::warn!(error = failure as &dyn std::error::Error, ?rest, "relay resumes");
    rest
}
