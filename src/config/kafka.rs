use seiketsu_projections::kafka::KafkaSettings;
use serde::Deserialize;

use super::check::{self, Complaint};

/// `[kafka]`: how this installation uses Kafka, if it does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KafkaConfig {
    #[serde(deserialize_with = "super::optional")]
    pub brokers: Option<String>,
    pub topic_prefix: String,
    pub partitions: i16,
    pub replication: i32,
    pub group: String,
    #[serde(deserialize_with = "super::optional")]
    pub instance: Option<String>,
}

impl KafkaConfig {
    /// What source, relay and topics need to know; `None` where there is no Kafka.
    #[must_use]
    pub fn settings(&self) -> Option<KafkaSettings> {
        Some(KafkaSettings {
            brokers: self.brokers.clone()?,
            topic_prefix: self.topic_prefix.clone(),
            partitions: self.partitions,
            group: self.group.clone(),
            instance: self.instance.clone(),
        })
    }

    pub(super) fn check(&self) -> Result<(), Complaint> {
        // A stream's slot is 0..1024; more partitions than slots would stay empty.
        check::within("kafka.partitions", self.partitions, 1, 1024)?;
        check::within("kafka.replication", self.replication, 1, 100)?;
        check::name("kafka.topic_prefix", &self.topic_prefix)?;
        check::name("kafka.group", &self.group)?;
        self.instance.as_deref().map_or(Ok(()), |instance| check::name("kafka.instance", instance))
    }
}
