//! Topics and a consumer group of the test's own on the shared broker.

use seiketsu::ids;
use seiketsu_projections::kafka::{KafkaSettings, topics};
use uuid::Uuid;

/// Settings nobody else uses; the topics exist.
pub async fn settings() -> KafkaSettings {
    let settings = settings_at(super::service("SEIKETSU_TEST_KAFKA_BROKERS"));
    topics::ensure(&settings, 1).await.unwrap();
    settings
}

/// Settings nobody else uses, for brokers that need not answer.
pub fn settings_at(brokers: String) -> KafkaSettings {
    let own = ids::new::<Uuid>().simple();
    KafkaSettings {
        brokers,
        topic_prefix: format!("test-{own}"),
        partitions: 4,
        group: format!("test-{own}"),
    }
}
