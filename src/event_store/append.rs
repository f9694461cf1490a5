//! Group commit: commands that arrive while a commit is under way go together into the next one.
//!
//! A lane is a task with a queue. When it is free it takes everything waiting (up to `MAX_BATCH`) and sends one
//! statement, so load makes batches larger rather than queues longer. The task owns the work: a client that goes
//! away cancels nothing.

use std::collections::{HashSet, VecDeque};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use seiketsu_domain::envelope::{Metadata, slot_of};
use seiketsu_domain::ids::TenantId;
use sqlx::postgres::PgPool;
use sqlx::{FromRow, PgConnection};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::StoreError;
use crate::hint::Hint;

/// Commands per statement. Larger batches gain little and make the first command wait for the last.
const MAX_BATCH: usize = 256;
/// Commands that may wait per lane before new ones are turned away.
const QUEUE: usize = 4096;
/// After this the outcome of a batch is unknown and its connection is given up.
const DEADLINE: Duration = Duration::from_secs(10);

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

/// New events of one stream, and the version the stream must be at.
#[derive(Debug)]
pub struct StreamWrite {
    pub aggregate_type: &'static str,
    pub aggregate_id: Uuid,
    pub expected: i64,
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
    /// Starts `count` lanes on `pool`; each holds one connection while it writes. Readers are hinted after commits.
    #[must_use]
    pub fn start(pool: &PgPool, count: usize, hint: &Hint) -> Self {
        let lanes = (0..count.max(1))
            .map(|_| {
                let (sender, receiver) = mpsc::channel(QUEUE);
                tokio::spawn(run_lane(pool.clone(), receiver, hint.clone()));
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

async fn run_lane(pool: PgPool, mut queue: mpsc::Receiver<Waiting>, hint: Hint) {
    let mut waiting: VecDeque<Waiting> = VecDeque::new();
    let mut arrived = Vec::with_capacity(MAX_BATCH);
    loop {
        if waiting.len() < MAX_BATCH {
            if waiting.is_empty() && queue.recv_many(&mut arrived, MAX_BATCH).await == 0 {
                return;
            }
            while arrived.len() + waiting.len() < MAX_BATCH {
                let Ok(next) = queue.try_recv() else { break };
                arrived.push(next);
            }
            waiting.extend(arrived.drain(..));
        }
        let batch = take_batch(&mut waiting);
        let started = Instant::now();
        let outcome = write_batch(&pool, &batch).await;
        metrics::histogram!("append_duration_seconds").record(started.elapsed().as_secs_f64());
        metrics::histogram!("append_batch_size").record(batch.len() as f64);
        if let Some(position) = answer_all(batch, outcome) {
            hint.committed(position);
        }
    }
}

/// Takes commands in order, leaving behind those that touch a stream or key already in the batch: one statement
/// cannot decide two versions of the same stream.
fn take_batch(waiting: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let mut streams = HashSet::new();
    let mut keys = HashSet::new();
    let mut batch = Vec::with_capacity(waiting.len().min(MAX_BATCH));
    let mut left = VecDeque::new();
    while let Some(next) = waiting.pop_front() {
        let append = &next.append;
        let touched: Vec<_> =
            append.streams.iter().map(|s| (append.tenant, s.aggregate_type, s.aggregate_id)).collect();
        let key = append.key.as_ref().map(|key| (append.tenant, key.key.clone()));
        let clashes = batch.len() >= MAX_BATCH
            || touched.iter().any(|stream| streams.contains(stream))
            || key.as_ref().is_some_and(|key| keys.contains(key));
        // What is left behind also holds back later commands on the same streams, so that they stay in order.
        streams.extend(touched);
        keys.extend(key);
        if clashes { left.push_back(next) } else { batch.push(next) }
    }
    *waiting = left;
    batch
}

fn answer_all(batch: Vec<Waiting>, outcome: Result<Vec<Appended>, StoreError>) -> Option<i64> {
    let mut highest = None;
    match outcome {
        Ok(outcomes) => {
            for (waiting, appended) in batch.into_iter().zip(outcomes) {
                if let Appended::Committed { position } = appended {
                    highest = highest.max(Some(position));
                }
                // The client may have gone; the fact stays.
                drop(waiting.answer.send(Ok(appended)));
            }
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                commands = batch.len(),
                "append failed"
            );
            for waiting in batch {
                drop(waiting.answer.send(Err(same_kind(&error))));
            }
        }
    }
    highest
}

/// One failure answers many commands, and database errors cannot be cloned.
fn same_kind(error: &StoreError) -> StoreError {
    match error {
        StoreError::Timeout => StoreError::Timeout,
        _ => StoreError::Unavailable(sqlx::Error::WorkerCrashed),
    }
}

async fn write_batch(pool: &PgPool, batch: &[Waiting]) -> Result<Vec<Appended>, StoreError> {
    let mut connection = pool.acquire().await?;
    match tokio::time::timeout(DEADLINE, send(&mut connection, batch)).await {
        Ok(Ok(outcomes)) => Ok(outcomes),
        Ok(Err(error)) => {
            // Whatever state the connection is in, nobody else shall meet it.
            drop(connection.detach());
            Err(error.into())
        }
        Err(_) => {
            drop(connection.detach());
            Err(StoreError::Timeout)
        }
    }
}

#[derive(FromRow)]
struct OutcomeRow {
    command: i32,
    outcome: i16,
    last_position: i64,
    replayed_type: Option<String>,
    replayed_id: Option<Uuid>,
    replayed_version: Option<i64>,
    replayed_events: Option<i32>,
}

impl From<OutcomeRow> for Appended {
    fn from(row: OutcomeRow) -> Self {
        match row.outcome {
            0 => Self::Committed { position: row.last_position },
            1 => Self::Replayed {
                aggregate_type: row.replayed_type.unwrap_or_default(),
                aggregate_id: row.replayed_id.unwrap_or_default(),
                version: row.replayed_version.unwrap_or_default(),
                events: row.replayed_events.unwrap_or_default(),
                position: row.last_position,
            },
            2 => Self::KeyReused,
            _ => Self::Conflict,
        }
    }
}

async fn send(connection: &mut PgConnection, batch: &[Waiting]) -> Result<Vec<Appended>, sqlx::Error> {
    let a = Arrays::of(batch);
    let rows: Vec<OutcomeRow> = sqlx::query_as(
        "select * from append_events($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21)",
    )
    .bind(a.c_tenant)
    .bind(a.c_key)
    .bind(a.c_hash)
    .bind(a.c_metadata)
    .bind(a.c_type)
    .bind(a.c_id)
    .bind(a.c_version)
    .bind(a.c_events)
    .bind(a.c_position)
    .bind(a.s_command)
    .bind(a.s_type)
    .bind(a.s_id)
    .bind(a.s_expected)
    .bind(a.s_slot)
    .bind(a.e_stream)
    .bind(a.e_sequence)
    .bind(a.e_event_id)
    .bind(a.e_type)
    .bind(a.e_version)
    .bind(a.e_payload)
    .bind(a.e_occurred_at)
    .fetch_all(connection)
    .await?;
    in_order(rows, batch.len())
}

/// The database answers in any order, and must answer for every command: a missing row is not a success.
fn in_order(rows: Vec<OutcomeRow>, commands: usize) -> Result<Vec<Appended>, sqlx::Error> {
    let mut outcomes: Vec<Option<Appended>> = vec![None; commands];
    for row in rows {
        let place = usize::try_from(row.command - 1).ok().and_then(|index| outcomes.get_mut(index));
        if let Some(place) = place {
            *place = Some(row.into());
        }
    }
    outcomes.into_iter().collect::<Option<Vec<_>>>().ok_or(sqlx::Error::RowNotFound)
}

/// The batch turned on its side: one array per argument of `append_events`.
#[derive(Default)]
struct Arrays<'a> {
    c_tenant: Vec<Uuid>,
    c_key: Vec<Option<&'a str>>,
    c_hash: Vec<Option<&'a [u8]>>,
    c_metadata: Vec<&'a str>,
    c_type: Vec<&'a str>,
    c_id: Vec<Uuid>,
    c_version: Vec<i64>,
    c_events: Vec<i32>,
    c_position: Vec<i64>,
    s_command: Vec<i32>,
    s_type: Vec<&'a str>,
    s_id: Vec<Uuid>,
    s_expected: Vec<i64>,
    s_slot: Vec<i16>,
    e_stream: Vec<i32>,
    e_sequence: Vec<i64>,
    e_event_id: Vec<Uuid>,
    e_type: Vec<&'a str>,
    e_version: Vec<i32>,
    e_payload: Vec<&'a str>,
    e_occurred_at: Vec<DateTime<Utc>>,
}

impl<'a> Arrays<'a> {
    fn of(batch: &'a [Waiting]) -> Self {
        let mut arrays = Self::default();
        for waiting in batch {
            arrays.add_command(waiting);
        }
        arrays
    }

    fn add_command(&mut self, waiting: &'a Waiting) {
        let append = &waiting.append;
        self.c_tenant.push(append.tenant.0);
        self.c_key.push(append.key.as_ref().map(|key| key.key.as_str()));
        self.c_hash.push(append.key.as_ref().map(|key| key.request_hash.as_slice()));
        self.c_metadata.push(&waiting.metadata);
        self.c_position.push(append.known_position);
        if let Some(own) = append.streams.first() {
            self.c_type.push(own.aggregate_type);
            self.c_id.push(own.aggregate_id);
            self.c_version.push(own.expected + count(own.events.len()));
            self.c_events.push(i32::try_from(own.events.len()).unwrap_or(i32::MAX));
        }
        let command = self.c_tenant.len();
        let mut index = 0;
        for stream in &append.streams {
            self.add_stream(command, append, stream, &mut index);
        }
    }

    fn add_stream(&mut self, command: usize, append: &Append, stream: &'a StreamWrite, index: &mut u32) {
        self.s_command.push(i32::try_from(command).unwrap_or(i32::MAX));
        self.s_type.push(stream.aggregate_type);
        self.s_id.push(stream.aggregate_id);
        self.s_expected.push(stream.expected);
        self.s_slot.push(slot_of(append.tenant, stream.aggregate_id));
        for (offset, event) in stream.events.iter().enumerate() {
            self.e_stream.push(i32::try_from(self.s_command.len()).unwrap_or(i32::MAX));
            self.e_sequence.push(stream.expected + 1 + count(offset));
            self.e_event_id.push(Uuid::new_v5(&append.metadata.command_id, &index.to_be_bytes()));
            self.e_type.push(event.event_type);
            self.e_version.push(event.version);
            self.e_payload.push(&event.payload);
            self.e_occurred_at.push(event.occurred_at);
            *index += 1;
        }
    }
}

fn count(items: usize) -> i64 {
    i64::try_from(items).unwrap_or(i64::MAX)
}
