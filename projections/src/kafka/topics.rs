use std::sync::Arc;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use seiketsu_domain::catalogue::AGGREGATES;

use super::KafkaSettings;

/// How long the brokers may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);

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

/// Creates the missing topics of all aggregates and checks the partition count of existing ones.
///
/// # Errors
/// See [`TopicError`].
pub async fn ensure(settings: &KafkaSettings, replication: i32) -> Result<(), TopicError> {
    let aggregates: Vec<String> = AGGREGATES.iter().map(|aggregate| aggregate.name.to_owned()).collect();
    ensure_for(settings, replication, &aggregates).await
}

/// As [`ensure`], for some aggregates.
///
/// # Errors
/// See [`TopicError`].
pub async fn ensure_for(
    settings: &KafkaSettings,
    replication: i32,
    aggregates: &[String],
) -> Result<(), TopicError> {
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", &settings.brokers).create()?;
    let names: Vec<String> = aggregates.iter().map(|aggregate| settings.topic(aggregate)).collect();
    create(&admin, settings, replication, &names).await?;
    let admin = Arc::new(admin);
    for topic in names {
        let found = partition_count(&admin, &topic).await?;
        if found != usize::try_from(settings.partitions).unwrap_or(0) {
            return Err(TopicError::Partitions { topic, found, wanted: settings.partitions });
        }
    }
    Ok(())
}

async fn create(
    admin: &AdminClient<DefaultClientContext>,
    settings: &KafkaSettings,
    replication: i32,
    names: &[String],
) -> Result<(), TopicError> {
    let partitions = i32::from(settings.partitions);
    let topics: Vec<NewTopic<'_>> = names
        .iter()
        .map(|name| NewTopic::new(name, partitions, TopicReplication::Fixed(replication)))
        .collect();
    let options = AdminOptions::new().request_timeout(Some(PATIENCE)).operation_timeout(Some(PATIENCE));
    for outcome in admin.create_topics(&topics, &options).await? {
        match outcome {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(TopicError::NotCreated { topic, code }),
        }
    }
    Ok(())
}

/// A topic just created takes a moment to show up in the metadata.
async fn partition_count(
    admin: &Arc<AdminClient<DefaultClientContext>>,
    topic: &str,
) -> Result<usize, TopicError> {
    let mut found = 0;
    for _ in 0..50 {
        let (admin, topic) = (Arc::clone(admin), topic.to_owned());
        let asked = tokio::task::spawn_blocking(move || {
            let metadata = admin.inner().fetch_metadata(Some(&topic), PATIENCE)?;
            Ok::<_, KafkaError>(metadata.topics().first().map_or(0, |topic| topic.partitions().len()))
        });
        found = asked.await.map_err(|_| KafkaError::Canceled)??;
        if found > 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(found)
}
