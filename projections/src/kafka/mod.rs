//! Kafka as a source of events.
//!
//! Truth about progress is the checkpoint table; the group's committed offsets only tell Kafka where to begin and
//! lag tools what to show. A partition that begins beyond its checkpoint is sought back; one that begins before it
//! redelivers, and the driver drops what it has seen.

/// The layout of a record: CloudEvents in binary mode.
pub mod record;
/// Creating topics and checking that they are as agreed.
pub mod topics;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use rdkafka::Message;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};
use seiketsu_domain::catalogue::AGGREGATES;

use crate::source::{Batch, Reach, ResumePoint, Source, SourceError};

/// How this installation uses Kafka.
#[derive(Debug, Clone)]
pub struct KafkaSettings {
    pub brokers: String,
    /// Topics are `<prefix>.<aggregate>.events.v1`.
    pub topic_prefix: String,
    /// Partitions per topic; fixed for the life of an installation.
    pub partitions: i16,
    /// Consumer group of the projection workers.
    pub group: String,
}

impl KafkaSettings {
    /// The topic of an aggregate's events.
    #[must_use]
    pub fn topic(&self, aggregate_type: &str) -> String {
        format!("{}.{aggregate_type}.events.v1", self.topic_prefix)
    }

    /// All topics, in the order of the catalogue.
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        AGGREGATES.iter().map(|aggregate| self.topic(aggregate.name)).collect()
    }

    fn aggregate_of<'a>(&self, topic: &'a str) -> Option<&'a str> {
        topic.strip_prefix(&self.topic_prefix)?.strip_prefix('.')?.strip_suffix(".events.v1")
    }
}

/// Reads the partitions Kafka assigns to this worker.
pub struct KafkaSource {
    settings: KafkaSettings,
    batch: usize,
    consumer: Option<StreamConsumer>,
    /// Offsets to continue from, by partition; what lies before is applied.
    expected: HashMap<String, i64>,
    sought: HashSet<(String, i64)>,
}

/// How long a batch waits to fill once it has a first record.
const LINGER: Duration = Duration::from_millis(2);

impl KafkaSource {
    /// `batch` is the most events per transaction. Connects at the first resume.
    #[must_use]
    pub fn new(settings: KafkaSettings, batch: usize) -> Self {
        Self { settings, batch, consumer: None, expected: HashMap::new(), sought: HashSet::new() }
    }

    fn connect(&self) -> Result<StreamConsumer, SourceError> {
        let consumer: StreamConsumer = ClientConfig::new()
            .set("bootstrap.servers", &self.settings.brokers)
            .set("group.id", &self.settings.group)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("enable.auto.commit", "false")
            // Never skip: what the group has not read, it reads from the start.
            .set("auto.offset.reset", "earliest")
            .set("session.timeout.ms", "10000")
            .set("heartbeat.interval.ms", "2000")
            .set("fetch.wait.max.ms", "100")
            .set("queued.max.messages.kbytes", "16384")
            .set("socket.keepalive.enable", "true")
            .set("allow.auto.create.topics", "false")
            .create()?;
        let topics = self.settings.topics();
        consumer.subscribe(&topics.iter().map(String::as_str).collect::<Vec<_>>())?;
        Ok(consumer)
    }

    /// Seeks back where a partition begins beyond what is applied. Returns whether the record is to be dropped.
    fn seek_back(&mut self, consumer: &StreamConsumer, message: &Place) -> Result<bool, SourceError> {
        let Some(&expected) = self.expected.get(&message.partition) else { return Ok(false) };
        if message.offset <= expected {
            return Ok(false);
        }
        // Sought once and still beyond: retention has deleted what lies between. The store has it; a rebuild
        // brings it back, and the sequence check of the read models reports the hole.
        if !self.sought.insert((message.partition.clone(), expected)) {
            return Ok(false);
        }
        consumer.seek(&message.topic, message.number, Offset::Offset(expected), Duration::from_secs(5))?;
        Ok(true)
    }

    async fn collect(&mut self, consumer: &StreamConsumer) -> Result<Batch, SourceError> {
        let mut gathered = Gathered::default();
        let first = consumer.recv().await?;
        self.take(consumer, &first, &mut gathered)?;
        drop(first);
        let deadline = tokio::time::Instant::now() + LINGER;
        while gathered.batch.events.len() < self.batch {
            let message = match consumer.recv().now_or_never() {
                Some(message) => message?,
                None => match tokio::time::timeout_at(deadline, consumer.recv()).await {
                    Ok(message) => message?,
                    Err(_) => break,
                },
            };
            self.take(consumer, &message, &mut gathered)?;
        }
        Ok(gathered.into_batch())
    }

    fn take(
        &mut self,
        consumer: &StreamConsumer,
        message: &BorrowedMessage<'_>,
        gathered: &mut Gathered,
    ) -> Result<(), SourceError> {
        let place = self.place(message)?;
        if self.seek_back(consumer, &place)? {
            return Ok(());
        }
        let envelope = record::decode(message).map_err(|reason| SourceError::Record {
            topic: place.topic.clone(),
            partition: place.number,
            offset: place.offset,
            reason,
        })?;
        self.expected.insert(place.partition.clone(), place.offset + 1);
        gathered.reach.insert(place.partition, (envelope.position, place.offset + 1));
        gathered.batch.events.push(Arc::new(envelope));
        Ok(())
    }

    fn place(&self, message: &BorrowedMessage<'_>) -> Result<Place, SourceError> {
        let topic = message.topic().to_owned();
        let number = message.partition();
        let offset = message.offset();
        let aggregate = self.settings.aggregate_of(&topic).ok_or_else(|| SourceError::Record {
            topic: topic.clone(),
            partition: number,
            offset,
            reason: "not one of our topics".to_owned(),
        })?;
        Ok(Place { partition: format!("{aggregate}/{number}"), topic, number, offset })
    }
}

struct Place {
    topic: String,
    number: i32,
    partition: String,
    offset: i64,
}

#[derive(Default)]
struct Gathered {
    batch: Batch,
    reach: HashMap<String, (i64, i64)>,
}

impl Gathered {
    fn into_batch(self) -> Batch {
        let reach = self
            .reach
            .into_iter()
            .map(|(partition, (position, offset))| Reach { partition, position, next_offset: Some(offset) })
            .collect();
        Batch { events: self.batch.events, reach }
    }
}

#[async_trait]
impl Source for KafkaSource {
    async fn resume(&mut self, from: &ResumePoint) -> Result<(), SourceError> {
        // A new consumer has nothing in flight, so nothing read and not applied can be forgotten.
        self.expected = from.offsets.clone();
        self.sought.clear();
        self.consumer = Some(self.connect()?);
        Ok(())
    }

    async fn next(&mut self) -> Result<Batch, SourceError> {
        let Some(consumer) = self.consumer.take() else {
            return Err(rdkafka::error::KafkaError::Canceled.into());
        };
        loop {
            let batch = self.collect(&consumer).await?;
            if !batch.events.is_empty() {
                self.consumer = Some(consumer);
                return Ok(batch);
            }
        }
    }

    fn applied(&mut self, batch: &Batch) {
        let Some(consumer) = &self.consumer else { return };
        let mut offsets = TopicPartitionList::new();
        for reach in &batch.reach {
            let (Some((aggregate, number)), Some(offset)) =
                (reach.partition.split_once('/'), reach.next_offset)
            else {
                continue;
            };
            if let Ok(number) = number.parse() {
                let topic = self.settings.topic(aggregate);
                // Only a hint for Kafka; the checkpoint table has the truth.
                drop(offsets.add_partition_offset(&topic, number, Offset::Offset(offset)));
            }
        }
        if let Err(error) = consumer.commit(&offsets, CommitMode::Async) {
            tracing::debug!(%error, "offsets not committed");
        }
    }
}
