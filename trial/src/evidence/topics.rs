use std::time::Duration;

use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::{BorrowedMessage, Headers as _};
use rdkafka::{Message as _, Offset, TopicPartitionList};
use uuid::Uuid;

use super::{Aggregate, EvidenceError, KafkaSource, Stream, TopicRecord, number_of};

/// How long the broker may take for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Reads every record of every topic, from offset 0 to where its partition ends now.
pub fn read(kafka: &KafkaSource, tenants: &[Uuid]) -> Result<Vec<TopicRecord>, EvidenceError> {
    let mut records = Vec::new();
    for aggregate in Aggregate::ALL {
        let topic = format!("{}.{}.events.v1", kafka.topic_prefix, aggregate.name());
        let reader = Reader { consumer: connect(kafka)?, topic, aggregate, tenants };
        for partition in reader.partitions()? {
            reader.read(partition, &mut records)?;
        }
    }
    Ok(records)
}

fn connect(kafka: &KafkaSource) -> Result<BaseConsumer, EvidenceError> {
    let consumer = ClientConfig::new()
        .set("bootstrap.servers", &kafka.brokers)
        .set("group.id", "seiketsu-trial")
        .set("enable.auto.commit", "false")
        .set("allow.auto.create.topics", "false")
        .create()?;
    Ok(consumer)
}

struct Reader<'a> {
    consumer: BaseConsumer,
    topic: String,
    aggregate: Aggregate,
    tenants: &'a [Uuid],
}

impl Reader<'_> {
    fn partitions(&self) -> Result<Vec<i32>, EvidenceError> {
        let metadata = self.consumer.fetch_metadata(Some(&self.topic), PATIENCE)?;
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        Ok(partitions.map(rdkafka::metadata::MetadataPartition::id).collect())
    }

    fn read(&self, partition: i32, records: &mut Vec<TopicRecord>) -> Result<(), EvidenceError> {
        let (first, end) = self.consumer.fetch_watermarks(&self.topic, partition, PATIENCE)?;
        if first > 0 {
            return Err(EvidenceError::Forgotten { topic: self.topic.clone(), partition, offset: first });
        }
        let mut from = TopicPartitionList::new();
        from.add_partition_offset(&self.topic, partition, Offset::Beginning)?;
        self.consumer.assign(&from)?;
        let mut next = first;
        while next < end {
            let message = self.consumer.poll(PATIENCE).ok_or(rdkafka::error::KafkaError::Canceled)??;
            next = message.offset() + 1;
            records.push(self.understand(&message)?);
        }
        Ok(())
    }

    fn understand(&self, message: &BorrowedMessage<'_>) -> Result<TopicRecord, EvidenceError> {
        let (partition, offset) = (message.partition(), message.offset());
        let refuse = |reason| EvidenceError::Record { topic: self.topic.clone(), partition, offset, reason };
        let header = |name: &str| {
            let found = message.headers()?.iter().find(|header| header.key == name)?;
            std::str::from_utf8(found.value?).ok()
        };
        let id = |name: &str| header(name).and_then(|text| text.parse::<Uuid>().ok());
        let number = |name: &str| header(name).and_then(|text| text.parse::<i64>().ok());
        let tenant = id("ce_tenantid").ok_or_else(|| refuse("no tenant"))?;
        let subject = id("ce_subject").ok_or_else(|| refuse("no subject"))?;
        let key = format!("{tenant}/{subject}");
        if message.key() != Some(key.as_bytes()) {
            return Err(refuse("the key is not that of its stream"));
        }
        let tenant = number_of(self.tenants, tenant);
        Ok(TopicRecord {
            stream: Stream { tenant, aggregate: self.aggregate, id: subject },
            partition,
            offset,
            sequence: number("ce_sequence").ok_or_else(|| refuse("no sequence"))?,
            position: number("ce_position").ok_or_else(|| refuse("no position"))?,
            event_id: id("ce_id").ok_or_else(|| refuse("no id"))?,
        })
    }
}
