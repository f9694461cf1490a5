use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::KafkaSettings;

/// Why the topics are not as agreed.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    #[error("topic {topic} was not created: {code}")]
    NotCreated { topic: String, code: RDKafkaErrorCode },
    /// The partition of a stream would change, and with it the order its consumers see.
    #[error("topic {topic} has {found} partitions, but this installation is configured for {wanted}")]
    Partitions { topic: String, found: usize, wanted: i16 },
}

/// Creates missing topics and checks the partition count of existing ones.
///
/// # Errors
/// See [`TopicError`].
pub async fn ensure(settings: &KafkaSettings, replication: i32) -> Result<(), TopicError> {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", &settings.brokers).create()?;
    let names = settings.topics();
    let partitions = i32::from(settings.partitions);
    let topics: Vec<NewTopic<'_>> = names
        .iter()
        .map(|name| NewTopic::new(name, partitions, TopicReplication::Fixed(replication)))
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(15)));
    for outcome in admin.create_topics(&topics, &options).await? {
        match outcome {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(TopicError::NotCreated { topic, code }),
        }
    }
    for name in names {
        let found = partition_count(&admin, &name).await?;
        if found != usize::try_from(partitions).unwrap_or(0) {
            return Err(TopicError::Partitions { topic: name, found, wanted: settings.partitions });
        }
    }
    Ok(())
}

/// A topic just created takes a moment to show up in the metadata.
async fn partition_count(
    admin: &AdminClient<DefaultClientContext>,
    topic: &str,
) -> Result<usize, TopicError> {
    let mut found = 0;
    for _ in 0..50 {
        let metadata = tokio::task::block_in_place(|| {
            admin.inner().fetch_metadata(Some(topic), Duration::from_secs(10))
        })?;
        found = metadata.topics().first().map_or(0, |topic| topic.partitions().len());
        if found > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(found)
}
