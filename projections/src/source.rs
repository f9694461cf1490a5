use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use seiketsu_domain::envelope::Envelope;
use sqlx::PgPool;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use crate::{planted, store};

/// A stretch of events and how far it reaches.
#[derive(Debug, Default, Clone)]
pub struct Batch {
    pub events: Vec<Arc<Envelope>>,
    /// For each source partition touched: everything of it up to this position is in this batch or an earlier one.
    pub reach: Vec<Reach>,
}

impl Batch {
    /// Consecutive batches of one source as one.
    pub(crate) fn join(batches: &[Arc<Self>]) -> Self {
        let mut joined = Self::default();
        for batch in batches {
            joined.events.extend(batch.events.iter().cloned());
            for reach in &batch.reach {
                joined.reach.retain(|earlier| earlier.partition != reach.partition);
                joined.reach.push(reach.clone());
            }
        }
        joined
    }
}

/// How far a batch reaches in one source partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// `*` for the store itself, `<aggregate>/<n>` for a partition of Kafka.
    pub partition: String,
    pub position: i64,
    /// The Kafka offset to continue from.
    pub next_offset: Option<i64>,
}

/// The name of the one partition of the store itself.
pub const WHOLE_STORE: &str = "*";

/// Where events come from. Redelivery is allowed, gaps are not; each partition is in order.
#[async_trait]
pub trait Source: Send {
    /// Continues after what is applied already: at start, and whenever the driver lost its place.
    async fn resume(&mut self, from: &ResumePoint) -> Result<(), SourceError>;

    /// The next batch; waits until there is one. Where the call is given up nothing is lost: the next one goes on.
    async fn next(&mut self) -> Result<Batch, SourceError>;

    /// Called after the batch is applied for good.
    fn applied(&mut self, batch: &Batch);
}

/// Where the slowest of some projections stands.
#[derive(Debug, Clone, Default)]
pub struct ResumePoint {
    /// Everything up to here is applied by all.
    pub watermark: i64,
    /// Kafka offsets to continue from, by partition; a partition that is not here is read from its beginning.
    pub offsets: HashMap<String, i64>,
    /// Whether any projection was counted.
    counted: bool,
}

impl ResumePoint {
    /// Counts one more projection. One that never applied anything of a partition, since it is new or was paused, needs
    /// all of it, however far the others are.
    pub(crate) fn lower_to(&mut self, watermark: i64, offsets: &HashMap<String, i64>) {
        if !self.counted {
            *self = Self { watermark, offsets: offsets.clone(), counted: true };
            return;
        }
        self.watermark = self.watermark.min(watermark);
        self.offsets.retain(|partition, _| offsets.contains_key(partition));
        for (partition, slowest) in &mut self.offsets {
            *slowest = offsets.get(partition).copied().unwrap_or(*slowest).min(*slowest);
        }
    }
}

/// The source cannot go on by itself; the driver resumes it, after a pause where it failed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// Reading ended from outside, or panicked.
    #[error("reading ended: {0}")]
    Ended(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Kafka(#[from] rdkafka::error::KafkaError),
    /// No failure: this worker gets or loses partitions, and needs to know where they stand.
    #[error("partitions are assigned anew")]
    Reassigned,
    /// Kafka no longer has what lies between the checkpoint and this record; the store has.
    #[error("{partition} skips to offset {offset}")]
    Gap { partition: String, position: i64, offset: i64 },
    /// The topics were made with another number of partitions than this installation is configured for.
    #[error("the record at offset {offset} of {partition} belongs to another partition")]
    Misplaced { partition: String, offset: i64 },
}

/// Events of the first batch; as many as are in memory at once before it is known how large they are.
const FIRST: i64 = 250;
/// Payloads of a batch in bytes: beyond it batches stop growing, beyond twice as much they shrink.
const HEAVY: usize = 8 << 20;
const DOUBLY_HEAVY: usize = 2 * HEAVY;

/// Shortest time between two looks. A look, and applying what it finds, costs nearly the same for one event as for a
/// hundred, and looking after each commit is what made Postgres busy where commands are few.
const GATHER: Duration = Duration::from_millis(10);

/// How many events to read next, where there were so many and more are waiting.
fn after_a_full_batch(events: i64, bytes: usize) -> i64 {
    match bytes {
        0..HEAVY => events.saturating_mul(2),
        HEAVY..=DOUBLY_HEAVY => events,
        _ => (events / 2).max(1),
    }
}

/// The store as a source: reads upwards in committed order, woken by hints, polling without them. While a batch is
/// applied, the next is read and decoded already if there is more. Batches grow as long as they are full and their payloads
/// stay small: what is read ahead has to fit into memory, whatever was written.
pub struct StoreSource {
    pool: PgPool,
    hint: watch::Receiver<i64>,
    poll: Duration,
    /// The most events of a batch, and how many are read next.
    batch: i64,
    limit: i64,
    position: i64,
    reading: Option<AbortOnDropHandle<Result<Vec<Envelope>, sqlx::Error>>>,
    /// Nothing was left to read; not looked again before this, or a hint.
    rests_until: Option<Instant>,
    /// Not looked again before this at all.
    gathers_until: Instant,
}

impl StoreSource {
    /// `poll` bounds the delay where no hint arrives; `batch` is the most events per transaction.
    #[must_use]
    pub fn new(pool: PgPool, hint: watch::Receiver<i64>, poll: Duration, batch: i64) -> Self {
        let limit = FIRST.min(batch);
        let gathers_until = Instant::now();
        Self { pool, hint, poll, batch, limit, position: 0, reading: None, rests_until: None, gathers_until }
    }

    fn read(&mut self) -> &mut AbortOnDropHandle<Result<Vec<Envelope>, sqlx::Error>> {
        // Seen before reading: a commit during the read wakes the next round.
        self.hint.mark_unchanged();
        self.gathers_until = Instant::now() + GATHER;
        let (pool, position, limit) = (self.pool.clone(), self.position, self.limit);
        let read = async move { store::events_after(&pool, position, limit).await };
        self.reading.get_or_insert_with(|| AbortOnDropHandle::new(tokio::spawn(read)))
    }

    /// What is read after `position`; nothing where that is the end.
    async fn events(&mut self) -> Result<Vec<Envelope>, SourceError> {
        let reading = match &mut self.reading {
            Some(reading) => reading,
            None => self.read(),
        };
        let read = reading.await;
        self.reading = None;
        Ok(read??)
    }

    /// Until woken, timed out, or at once where there is nothing to rest for; then until enough may have come together.
    async fn rest(&mut self) {
        if let Some(until) = self.rests_until {
            if let Ok(Err(_no_hinter_left)) = tokio::time::timeout_at(until, self.hint.changed()).await {
                tokio::time::sleep_until(until).await;
            }
            self.rests_until = None;
        }
        if self.reading.is_none() {
            tokio::time::sleep_until(self.gathers_until).await;
        }
    }
}

#[async_trait]
impl Source for StoreSource {
    async fn resume(&mut self, from: &ResumePoint) -> Result<(), SourceError> {
        (self.position, self.reading, self.rests_until) = (from.watermark, None, None);
        self.limit = FIRST.min(self.batch);
        Ok(())
    }

    async fn next(&mut self) -> Result<Batch, SourceError> {
        loop {
            self.rest().await;
            let events = self.events().await?;
            let Some(last) = events.last().map(|last| last.position) else {
                self.rests_until = Some(Instant::now() + self.poll);
                continue;
            };
            self.position = last;
            if planted::bug("position-only-poll") {
                // The highest position drawn, as if whoever drew a smaller one had committed before.
                let drawn = sqlx::query_scalar("select last_value from event_position");
                self.position = drawn.fetch_one(&self.pool).await?;
            }
            if events.len() as i64 == self.limit {
                let bytes = events.iter().map(|event| event.payload.len()).sum();
                self.limit = after_a_full_batch(self.limit, bytes).min(self.batch);
                self.read();
            }
            let reach = Reach { partition: WHOLE_STORE.to_owned(), position: last, next_offset: None };
            return Ok(Batch { events: events.into_iter().map(Arc::new).collect(), reach: vec![reach] });
        }
    }

    fn applied(&mut self, _batch: &Batch) {}
}

#[cfg(test)]
mod tests {
    use super::{HEAVY, after_a_full_batch};

    #[test]
    fn batches_grow_while_they_are_light_and_shrink_when_they_are_heavy() {
        assert_eq!(after_a_full_batch(250, 100_000), 500);
        assert_eq!(after_a_full_batch(500, HEAVY + 1), 500);
        assert_eq!(after_a_full_batch(500, 3 * HEAVY), 250);
        assert_eq!(after_a_full_batch(1, usize::MAX), 1);
    }
}
