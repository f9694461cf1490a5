//! Kafka as a source of events.
//!
//! Truth about progress is the checkpoint table. Kafka's consumer group only spreads partitions over workers; the
//! offsets committed to it serve lag tools.

/// Which partitions this worker has, and when that changes.
mod assignment;
/// The layout of a record: CloudEvents in binary mode.
pub mod record;
/// Reading the partitions this worker has.
mod source;
/// Creating topics and checking that they are as agreed.
pub mod topics;

use seiketsu_domain::catalogue::AGGREGATES;

pub use source::KafkaSource;

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
    /// The name of this worker among the members of the group, where it keeps its partitions over a restart. No two
    /// workers may have the same.
    pub instance: Option<String>,
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
