//! Topics and a consumer group of the test's own on the shared broker.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};
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

/// Deletes all records a topic holds now, as retention would.
pub async fn forget(settings: &KafkaSettings, aggregate: &str) {
    let admin: AdminClient<DefaultClientContext> = client(settings).create().unwrap();
    let mut all = TopicPartitionList::new();
    for number in 0..settings.partitions {
        all.add_partition_offset(&settings.topic(aggregate), i32::from(number), Offset::End).unwrap();
    }
    admin.delete_records(&all, &AdminOptions::new()).await.unwrap();
}

/// Has the broker refuse larger batches of records on a topic.
pub async fn limit_records(settings: &KafkaSettings, aggregate: &str, bytes: usize) {
    let admin: AdminClient<DefaultClientContext> = client(settings).create().unwrap();
    let (topic, bytes) = (settings.topic(aggregate), bytes.to_string());
    let limit = AlterConfig::new(ResourceSpecifier::Topic(&topic)).set("max.message.bytes", &bytes);
    for outcome in admin.alter_configs([&limit], &AdminOptions::new()).await.unwrap() {
        outcome.unwrap();
    }
}

/// How many members of the consumer group have partitions.
pub async fn members_with_partitions(settings: &KafkaSettings) -> usize {
    let (client, group) = (client(settings), settings.group.clone());
    let counting = tokio::task::spawn_blocking(move || {
        let consumer: BaseConsumer = client.create().unwrap();
        let groups = consumer.fetch_group_list(Some(&group), Duration::from_secs(10)).unwrap();
        let members = groups.groups().first().map_or(&[][..], |group| group.members());
        // An assignment of nothing is a few bytes long.
        members.iter().filter(|member| member.assignment().is_some_and(|bytes| bytes.len() > 16)).count()
    });
    counting.await.unwrap()
}

fn client(settings: &KafkaSettings) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", &settings.brokers);
    client
}
