//! Group commit: commands that arrive while a commit is under way go together into the next one.
//!
//! A lane is a task with a queue. When it is free it takes everything waiting (up to `MAX_BATCH`) and sends one
//! statement, so load makes batches larger rather than queues longer. The task owns the work: a client that goes
//! away cancels nothing.

mod batch;
mod columns;
mod writer;

use std::time::Instant;

use chrono::{DateTime, Utc};
use seiketsu_domain::envelope::{Metadata, slot_of};
use seiketsu_domain::ids::TenantId;
use seiketsu_projections::crash_point;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use self::batch::Backlog;
use self::writer::Writer;
use super::{Pools, StoreError};
use crate::hint::Hint;

/// Commands per statement. Larger batches gain little and make the first command wait for the last.
const MAX_BATCH: usize = 256;
/// Commands that may wait per lane before new ones are turned away.
const QUEUE: usize = 4096;

/// The unit that is stored or refused as a whole: one command.
#[derive(Debug)]
pub struct Append {
    pub tenant: TenantId,
    pub key: Option<Key>,
    pub metadata: Metadata,
    /// The streams the command writes to or relies on; the first one is the command's own.
    pub streams: Vec<StreamWrite>,
    /// The position to answer with where the command causes no event.
    pub known_position: i64,
}

/// An idempotency key and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub key: String,
    /// SHA-256 of the request; the same key with another request is refused.
    pub request_hash: [u8; 32],
}

impl Append {
    fn event_count(&self) -> i64 {
        self.streams.iter().map(|stream| stream.events.len() as i64).sum()
    }
}

/// New events of one stream, and the version the stream must be at.
#[derive(Debug)]
pub struct StreamWrite {
    pub aggregate_type: &'static str,
    pub aggregate_id: Uuid,
    pub expected: i64,
    /// Position of the last event known of the stream, 0 where none is. `None`: the id was made for this command, so
    /// that nobody else can have written to it.
    pub known: Option<i64>,
    /// May be empty: then the command only relies on the version.
    pub events: Vec<NewEvent>,
}

/// An event as it is about to be stored.
#[derive(Debug)]
pub struct NewEvent {
    pub event_type: &'static str,
    pub version: i32,
    pub payload: String,
    pub occurred_at: DateTime<Utc>,
}

/// How an append ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// On disk. The position of the last event, or the known position where there was none.
    Committed { position: i64 },
    /// The key was used before for the same request: this is where its answer lies.
    Replayed { aggregate_type: String, aggregate_id: Uuid, version: i64, events: i32, position: i64 },
    /// The key was used before for another request.
    KeyReused,
    /// A stream has moved on: load and decide again.
    Conflict,
}

/// The ways into the store.
#[derive(Clone, Debug)]
pub struct AppendLanes {
    lanes: Vec<mpsc::Sender<Waiting>>,
}

struct Waiting {
    append: Append,
    metadata: String,
    answer: oneshot::Sender<Result<Appended, StoreError>>,
}

impl AppendLanes {
    /// Starts `count` lanes, each with a connection of its own. Readers are hinted after commits.
    #[must_use]
    pub fn start(pools: &Pools, count: usize, hint: &Hint) -> Self {
        let lanes = (0..count.max(1))
            .map(|_| {
                let (sender, receiver) = mpsc::channel(QUEUE);
                tokio::spawn(run_lane(Writer::new(pools.clone()), receiver, hint.clone()));
                sender
            })
            .collect();
        Self { lanes }
    }

    pub(super) async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        let (answer, outcome) = oneshot::channel();
        let metadata = serde_json::to_string(&append.metadata)?;
        let stream = append.streams.first().map_or(Uuid::nil(), |stream| stream.aggregate_id);
        let lane = &self.lanes[usize::from(slot_of(append.tenant, stream).unsigned_abs()) % self.lanes.len()];
        lane.try_send(Waiting { append, metadata, answer }).map_err(|_| StoreError::Overloaded)?;
        outcome.await.map_err(|_| StoreError::Unavailable(sqlx::Error::WorkerCrashed))?
    }
}

async fn run_lane(mut writer: Writer, mut queue: mpsc::Receiver<Waiting>, hint: Hint) {
    let mut backlog = Backlog::default();
    while backlog.fill(&mut queue).await {
        writer.take_turn().await;
        backlog.fill(&mut queue).await;
        let batch = backlog.take_batch();
        let started = Instant::now();
        let outcomes = writer.write(&batch).await;
        crash_point::reached("append.committed");
        metrics::histogram!("append_duration_seconds").record(started.elapsed().as_secs_f64());
        metrics::histogram!("append_batch_size").record(batch.len() as f64);
        if let Some(position) = answer_all(batch, outcomes) {
            hint.committed(position);
        }
    }
}

/// Answers every command of a batch and returns the highest position that was committed.
fn answer_all(batch: Vec<Waiting>, outcomes: Vec<Result<Appended, StoreError>>) -> Option<i64> {
    let mut highest = None;
    for (waiting, outcome) in batch.into_iter().zip(outcomes) {
        if let Ok(Appended::Committed { position }) = outcome {
            highest = highest.max(Some(position));
        }
        // The client may have gone; the fact stays.
        drop(waiting.answer.send(outcome));
    }
    highest
}
