use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use seiketsu_domain::envelope::Envelope;
use sqlx::PgPool;
use tokio::sync::watch;

use crate::store;

/// A stretch of events and how far it reaches.
#[derive(Debug, Default, Clone)]
pub struct Batch {
    pub events: Vec<Arc<Envelope>>,
    /// For each source partition touched: everything of it up to this position is in this batch or an earlier one.
    pub reach: Vec<Reach>,
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

    /// The next batch; waits until there is one.
    async fn next(&mut self) -> Result<Batch, SourceError>;

    /// Called after the batch is applied for good.
    fn applied(&mut self, batch: &Batch);
}

/// Where the slowest projection of a group stands.
#[derive(Debug, Clone, Default)]
pub struct ResumePoint {
    /// Everything up to here is applied by all.
    pub watermark: i64,
    /// Kafka offsets to continue from, by partition.
    pub offsets: HashMap<String, i64>,
}

/// The source cannot go on by itself; the driver resumes it, after a pause where it failed.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
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

/// The store as a source: reads upwards in committed order, woken by hints, polling without them.
pub struct StoreSource {
    pool: PgPool,
    hint: watch::Receiver<i64>,
    poll: Duration,
    batch: i64,
    position: i64,
}

impl StoreSource {
    /// `poll` bounds the delay where no hint arrives; `batch` is the most events per transaction.
    #[must_use]
    pub fn new(pool: PgPool, hint: watch::Receiver<i64>, poll: Duration, batch: i64) -> Self {
        Self { pool, hint, poll, batch, position: 0 }
    }
}

#[async_trait]
impl Source for StoreSource {
    async fn resume(&mut self, from: &ResumePoint) -> Result<(), SourceError> {
        self.position = from.watermark;
        Ok(())
    }

    async fn next(&mut self) -> Result<Batch, SourceError> {
        loop {
            // Seen before reading: a commit during the read wakes the next round.
            self.hint.mark_unchanged();
            let events = store::events_after(&self.pool, self.position, self.batch).await?;
            if let Some(last) = events.last() {
                self.position = last.position;
                let reach =
                    Reach { partition: WHOLE_STORE.to_owned(), position: last.position, next_offset: None };
                return Ok(Batch { events: events.into_iter().map(Arc::new).collect(), reach: vec![reach] });
            }
            // Timed out, woken, or no hinter left: look again in each case.
            if let Ok(Err(_closed)) = tokio::time::timeout(self.poll, self.hint.changed()).await {
                tokio::time::sleep(self.poll).await;
            }
        }
    }

    fn applied(&mut self, _batch: &Batch) {}
}
