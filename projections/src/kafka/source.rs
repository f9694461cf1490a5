use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use rdkafka::Message;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};
use seiketsu_domain::envelope::Envelope;

use super::assignment::{Assignment, Change, enact};
use super::{KafkaSettings, record};
use crate::checkpoint::partition_of;
use crate::source::{Batch, Reach, ResumePoint, Source, SourceError};

type GroupConsumer = StreamConsumer<Assignment>;

/// Reads the partitions Kafka assigns to this worker, each from the offset its checkpoint names.
pub struct KafkaSource {
    settings: KafkaSettings,
    batch: usize,
    consumer: Option<Arc<GroupConsumer>>,
    partitions: HashMap<String, Place>,
    /// Everything up to here is applied, whatever the partition.
    watermark: i64,
    /// What the next batch holds so far.
    gathered: Gathered,
    /// Batches handed out and not reported as applied: what they held must be read again.
    in_flight: usize,
}

/// Where this worker is in a partition.
#[derive(Default)]
struct Place {
    /// The offset to come next; unknown where the partition was never read.
    offset: Option<i64>,
    /// The highest position seen. The relay may repeat a stretch; what is not above this was seen before.
    position: i64,
}

/// A worker that is silent for this long, in milliseconds, is taken for dead and its partitions go to others; a member
/// with a name of its own may take as long as a restart takes.
const SESSION: &str = "10000";
const LONG_SESSION: &str = "45000";
/// How long a batch waits for more once nothing is there: applying ten events costs hardly more than applying one.
const LINGER: Duration = Duration::from_millis(10);

impl KafkaSource {
    /// `batch` is the most events per transaction. Connects at the first resume.
    #[must_use]
    pub fn new(settings: KafkaSettings, batch: usize) -> Self {
        Self {
            settings,
            batch,
            consumer: None,
            partitions: HashMap::new(),
            watermark: 0,
            gathered: Gathered::default(),
            in_flight: 0,
        }
    }

    fn connect(&self) -> Result<GroupConsumer, KafkaError> {
        let instance = self.settings.instance.as_deref();
        let mut client = ClientConfig::new();
        client
            .set("bootstrap.servers", &self.settings.brokers)
            .set("group.id", &self.settings.group)
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("session.timeout.ms", if instance.is_some() { LONG_SESSION } else { SESSION })
            // For lag tools: what is applied is told to Kafka now and then.
            .set("enable.auto.commit", "true")
            .set("auto.commit.interval.ms", "1000")
            .set("enable.auto.offset.store", "false")
            // Where the offset is gone: what Kafka still has, rather than what comes next. What it no longer has is
            // noticed by the offsets, and read from the store.
            .set("auto.offset.reset", "earliest")
            .set("heartbeat.interval.ms", "2000")
            .set("fetch.wait.max.ms", "100")
            .set("queued.max.messages.kbytes", "16384")
            .set("socket.keepalive.enable", "true")
            .set("allow.auto.create.topics", "false");
        if let Some(instance) = instance {
            client.set("group.instance.id", instance);
        }
        let consumer: GroupConsumer = client.create_with_context(Assignment::default())?;
        let topics = self.settings.topics();
        consumer.subscribe(&topics.iter().map(String::as_str).collect::<Vec<_>>())?;
        Ok(consumer)
    }

    /// A consumer's end waits for the broker, which must not hold up this thread.
    fn disconnect(&mut self) {
        self.partitions.clear();
        self.gathered = Gathered::default();
        self.in_flight = 0;
        let Some(consumer) = self.consumer.take() else { return };
        consumer.context().close(consumer.as_ref());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn_blocking(move || drop(consumer));
        }
    }

    /// Takes up what was given, from where its checkpoint says.
    fn take_up(&mut self, consumer: &GroupConsumer, from: &ResumePoint) -> Result<(), KafkaError> {
        for mut change in consumer.context().take() {
            if let Change::Given(given) = &mut change {
                self.start_at_checkpoints(given, from)?;
            }
            self.enact(consumer, &change)?;
        }
        Ok(())
    }

    fn start_at_checkpoints(
        &mut self,
        given: &mut TopicPartitionList,
        from: &ResumePoint,
    ) -> Result<(), KafkaError> {
        for (topic, number) in given.to_topic_map().into_keys() {
            let Some(partition) = self.partition_name(&topic, number) else { continue };
            let offset = from.offsets.get(&partition).copied();
            given.set_partition_offset(&topic, number, offset.map_or(Offset::Beginning, Offset::Offset))?;
            self.partitions.insert(partition, Place { offset, position: 0 });
        }
        Ok(())
    }

    fn enact(&mut self, consumer: &GroupConsumer, change: &Change) -> Result<(), KafkaError> {
        if let Change::Taken(taken) = change {
            for (topic, number) in taken.to_topic_map().into_keys() {
                let partition = self.partition_name(&topic, number);
                partition.map(|partition| self.partitions.remove(&partition));
            }
        }
        enact(consumer, change)
    }

    /// `<aggregate>/<n>`; `None` where the topic is not one of ours.
    fn partition_name(&self, topic: &str, number: i32) -> Option<String> {
        Some(format!("{}/{number}", self.settings.aggregate_of(topic)?))
    }

    /// Reads until the batch is full, nothing more comes at once, or the assignment is about to change.
    async fn collect(&mut self, consumer: &GroupConsumer) -> Result<Batch, SourceError> {
        while self.gathered.events.len() < self.batch && !consumer.context().is_pending() {
            let patience = if self.gathered.reach.is_empty() { Duration::MAX } else { LINGER };
            let message = match consumer.recv().now_or_never() {
                Some(message) => message?,
                None => tokio::select! {
                    message = consumer.recv() => message?,
                    () = consumer.context().changed() => break,
                    () = tokio::time::sleep(patience) => break,
                },
            };
            self.take(&message)?;
        }
        Ok(std::mem::take(&mut self.gathered).into_batch())
    }

    fn take(&mut self, message: &BorrowedMessage<'_>) -> Result<(), SourceError> {
        let Some(partition) = self.partition_name(message.topic(), message.partition()) else {
            return Ok(());
        };
        let offset = message.offset();
        let envelope = match record::decode(message) {
            Ok(envelope) => envelope,
            Err(reason) => {
                // Whoever wrote it, it is not an event of the store.
                tracing::error!(partition, offset, reason, "foreign record skipped");
                metrics::counter!("kafka_foreign_records_total").increment(1);
                self.partitions.entry(partition).or_default().offset = Some(offset + 1);
                return Ok(());
            }
        };
        if partition_of(&envelope, self.settings.partitions) != partition {
            return Err(SourceError::Misplaced { partition, offset });
        }
        self.require_no_gap(&partition, offset, envelope.position)?;
        let place = self.partitions.entry(partition.clone()).or_default();
        place.offset = Some(offset + 1);
        if envelope.position > place.position {
            place.position = envelope.position;
            self.gathered.events.push(Arc::new(envelope));
        }
        self.gathered.reach.insert(partition, (place.position, offset + 1));
        Ok(())
    }

    /// Kafka forgets old records, and the latest too where a topic is made anew or a broker loses its disk: then it goes on
    /// elsewhere than asked, ahead or back. What lies between is missed unless it was applied by another way.
    fn require_no_gap(&self, partition: &str, offset: i64, position: i64) -> Result<(), SourceError> {
        let expected = self.partitions.get(partition).and_then(|place| place.offset).unwrap_or(0);
        if offset == expected || position <= self.watermark {
            return Ok(());
        }
        Err(SourceError::Gap { partition: partition.to_owned(), position, offset })
    }

    async fn next_batch(&mut self, consumer: &GroupConsumer) -> Result<Batch, SourceError> {
        loop {
            if consumer.context().is_pending() && self.gathered.reach.is_empty() {
                return Err(SourceError::Reassigned);
            }
            let batch = self.collect(consumer).await?;
            if !batch.reach.is_empty() {
                return Ok(batch);
            }
        }
    }
}

#[derive(Default)]
struct Gathered {
    events: Vec<Arc<Envelope>>,
    /// Position and offset reached, by partition.
    reach: HashMap<String, (i64, i64)>,
}

impl Gathered {
    fn into_batch(self) -> Batch {
        let reach = self
            .reach
            .into_iter()
            .map(|(partition, (position, offset))| Reach { partition, position, next_offset: Some(offset) })
            .collect();
        Batch { events: self.events, reach }
    }
}

#[async_trait]
impl Source for KafkaSource {
    async fn resume(&mut self, from: &ResumePoint) -> Result<(), SourceError> {
        self.watermark = from.watermark;
        // Where something was read that not all have applied, such as a projection that was paused, it is read again.
        let needed = |partition: &String| from.offsets.get(partition).copied().unwrap_or(0);
        let beyond = self.partitions.iter().any(|(name, place)| place.offset.unwrap_or(0) > needed(name));
        if self.in_flight > 0 || beyond {
            self.disconnect();
        }
        match self.consumer.clone() {
            Some(consumer) => self.take_up(&consumer, from)?,
            None => self.consumer = Some(Arc::new(self.connect()?)),
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<Batch, SourceError> {
        let consumer = self.consumer.clone().ok_or(KafkaError::Canceled)?;
        let next = self.next_batch(&consumer).await;
        match &next {
            Ok(_) => self.in_flight += 1,
            Err(SourceError::Reassigned) => {}
            // Records may have been read that were not handed out: begin anew.
            Err(_) => self.disconnect(),
        }
        next
    }

    fn applied(&mut self, batch: &Batch) {
        self.in_flight = self.in_flight.saturating_sub(1);
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
                drop(offsets.add_partition_offset(&topic, number, Offset::Offset(offset)));
            }
        }
        if let Err(error) = consumer.store_offsets(&offsets) {
            tracing::debug!(%error, "offsets not told to Kafka");
        }
    }
}

impl Drop for KafkaSource {
    fn drop(&mut self) {
        self.disconnect();
    }
}
