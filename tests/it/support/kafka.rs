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
        instance: None,
    }
}

/// Deletes all records a topic holds now, as retention would.
pub async fn forget(settings: &KafkaSettings, aggregate: &str) {
    let admin: AdminClient<DefaultClientContext> = client(&settings.brokers).create().unwrap();
    let mut all = TopicPartitionList::new();
    for number in 0..settings.partitions {
        all.add_partition_offset(&settings.topic(aggregate), i32::from(number), Offset::End).unwrap();
    }
    admin.delete_records(&all, &AdminOptions::new()).await.unwrap();
}

/// Deletes the topics and makes them anew: their records are gone and their offsets begin at zero again.
pub async fn make_topics_anew(settings: &KafkaSettings) {
    let admin: AdminClient<DefaultClientContext> = client(&settings.brokers).create().unwrap();
    let names = settings.topics();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    for outcome in admin.delete_topics(&names, &AdminOptions::new()).await.unwrap() {
        outcome.unwrap();
    }
    // Deleting goes on after the answer, and until it is done nothing of the name can be made.
    super::wait::until("the topics are made anew", Duration::from_secs(30), async || {
        topics::ensure(settings, 1).await.is_ok()
    })
    .await;
}

/// Has the broker refuse larger batches of records on a topic.
pub async fn limit_records(settings: &KafkaSettings, aggregate: &str, bytes: usize) {
    configure(&settings.brokers, &settings.topic(aggregate), "max.message.bytes", &bytes.to_string()).await;
}

/// Sets one property of a topic, and waits until the broker has heard of it; all others are as they are by default.
pub async fn configure(brokers: &str, topic: &str, property: &str, value: &str) {
    let admin: AdminClient<DefaultClientContext> = client(brokers).create().unwrap();
    let change = AlterConfig::new(ResourceSpecifier::Topic(topic)).set(property, value);
    for outcome in admin.alter_configs([&change], &AdminOptions::new()).await.unwrap() {
        outcome.unwrap();
    }
    super::wait::until("the broker has heard of it", Duration::from_secs(30), async || {
        let asked = [&ResourceSpecifier::Topic(topic)];
        let told = admin.describe_configs(asked, &AdminOptions::new()).await.unwrap();
        told.iter()
            .flatten()
            .any(|topic| topic.get(property).is_some_and(|entry| entry.value.as_deref() == Some(value)))
    })
    .await;
}

/// How many records a topic holds.
pub async fn records(brokers: &str, topic: &str) -> i64 {
    let (client, topic) = (client(brokers), topic.to_owned());
    let counting = tokio::task::spawn_blocking(move || {
        let consumer: BaseConsumer = client.create().unwrap();
        let patience = Duration::from_secs(20);
        let metadata = consumer.fetch_metadata(Some(&topic), patience).unwrap();
        let partitions = metadata.topics().iter().flat_map(|topic| topic.partitions());
        let count = |id| {
            let (first, end) = consumer.fetch_watermarks(&topic, id, patience).unwrap();
            end - first
        };
        partitions.map(|partition| count(partition.id())).sum()
    });
    counting.await.unwrap()
}

/// How many members of the consumer group have partitions.
pub async fn members_with_partitions(settings: &KafkaSettings) -> usize {
    let (client, group) = (client(&settings.brokers), settings.group.clone());
    let counting = tokio::task::spawn_blocking(move || {
        let consumer: BaseConsumer = client.create().unwrap();
        // Just after its start the broker does not know its groups yet.
        let Ok(groups) = consumer.fetch_group_list(Some(&group), Duration::from_secs(10)) else { return 0 };
        let members = groups.groups().first().map_or(&[][..], |group| group.members());
        // An assignment of nothing is a few bytes long.
        members.iter().filter(|member| member.assignment().is_some_and(|bytes| bytes.len() > 16)).count()
    });
    counting.await.unwrap()
}

fn client(brokers: &str) -> ClientConfig {
    let mut client = ClientConfig::new();
    client.set("bootstrap.servers", brokers);
    client
}
