use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use seiketsu_projections::kafka::KafkaSettings;

use super::{Finding, PATIENCE, causes};
use crate::config::{KafkaConfig, RedisConfig};

const KAFKA: &str = "kafka";
const TOPICS: &str = "kafka topics";
const REDIS: &str = "redis";

/// A topic as the broker knows it.
struct Topic {
    name: String,
    partitions: usize,
    fewest_copies: usize,
}

pub(super) async fn look_at_kafka(config: &KafkaConfig) -> Vec<Finding> {
    let Some(settings) = config.settings() else {
        return vec![Finding::ok(KAFKA, "not configured; projections read the event store")];
    };
    let brokers = settings.brokers.clone();
    match tokio::task::spawn_blocking(move || list_topics(&brokers)).await {
        Ok(Ok(topics)) => vec![
            Finding::ok(KAFKA, format!("{} answers", settings.brokers)),
            compare(&settings, config.replication, &topics),
        ],
        Ok(Err(error)) => {
            let detail = format!(
                "{} does not answer: {}. Commands go on; events wait in the store",
                settings.brokers,
                causes(&error)
            );
            vec![Finding::failed(
                KAFKA,
                detail,
                "check kafka.brokers, and that the brokers run and advertise an address reachable from here",
            )]
        }
        Err(error) => vec![Finding::failed(KAFKA, causes(&error), "")],
    }
}

fn list_topics(brokers: &str) -> Result<Vec<Topic>, KafkaError> {
    let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", brokers).create()?;
    let metadata = consumer.fetch_metadata(None, PATIENCE)?;
    let topics = metadata.topics().iter().map(|topic| Topic {
        name: topic.name().to_owned(),
        partitions: topic.partitions().len(),
        fewest_copies: topic
            .partitions()
            .iter()
            .map(|partition| partition.replicas().len())
            .min()
            .unwrap_or(0),
    });
    Ok(topics.collect())
}

fn compare(settings: &KafkaSettings, replication: i32, topics: &[Topic]) -> Finding {
    let wanted = settings.topics();
    let found: Vec<&Topic> = topics.iter().filter(|topic| wanted.contains(&topic.name)).collect();
    let partitions = usize::try_from(settings.partitions).unwrap_or(0);
    let copies = usize::try_from(replication).unwrap_or(0);
    if let Some(topic) = found.iter().find(|topic| topic.partitions != partitions) {
        let detail =
            format!("{} has {} partitions, kafka.partitions is {partitions}", topic.name, topic.partitions);
        return Finding::failed(
            TOPICS,
            detail,
            "set kafka.partitions to what the topics have; it is fixed for the life of an installation",
        );
    }
    if let Some(name) = wanted.iter().find(|name| !found.iter().any(|topic| topic.name == **name)) {
        return Finding::warning(
            TOPICS,
            format!("{name} does not exist"),
            "`seiketsu relay` creates topics when it starts",
        );
    }
    if let Some(topic) = found.iter().find(|topic| topic.fewest_copies < copies) {
        let detail =
            format!("{} is kept {} times, kafka.replication is {copies}", topic.name, topic.fewest_copies);
        return Finding::warning(TOPICS, detail, "raise it with kafka-reassign-partitions");
    }
    Finding::ok(TOPICS, format!("{} topics of {partitions} partitions", found.len()))
}

pub(super) async fn look_at_redis(config: &RedisConfig) -> Vec<Finding> {
    let Some(url) = &config.url else {
        return vec![Finding::ok(REDIS, "not configured; limits and hints are this process's own")];
    };
    let finding = match tokio::time::timeout(PATIENCE, ping(url.expose())).await {
        Ok(Ok(())) => Finding::ok(REDIS, "answers"),
        Ok(Err(error)) => silent(&causes(&error)),
        Err(_) => silent("no answer in time"),
    };
    vec![finding]
}

fn silent(reason: &str) -> Finding {
    let detail =
        format!("does not answer: {reason}. Requests go on; limits are counted per process meanwhile");
    Finding::warning(REDIS, detail, "check redis.url, and that the server runs")
}

async fn ping(url: &str) -> redis::RedisResult<()> {
    let mut connection = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
    redis::cmd("PING").exec_async(&mut connection).await
}

#[cfg(test)]
mod tests {
    use seiketsu_projections::kafka::KafkaSettings;

    use super::super::Outcome;
    use super::{Topic, compare};

    #[test]
    fn topics_are_compared_with_the_settings() {
        let settings = KafkaSettings {
            brokers: String::new(),
            topic_prefix: "t".to_owned(),
            partitions: 12,
            group: String::new(),
            instance: None,
        };
        let look = |partitions, fewest_copies, missing: usize| {
            let names = settings.topics().into_iter().skip(missing);
            let topics: Vec<Topic> = names.map(|name| Topic { name, partitions, fewest_copies }).collect();
            compare(&settings, 3, &topics).outcome
        };
        assert_eq!(look(12, 3, 0), Outcome::Ok);
        assert_eq!(look(12, 1, 0), Outcome::Warning);
        assert_eq!(look(12, 3, 1), Outcome::Warning);
        assert_eq!(look(6, 3, 0), Outcome::Failed);
    }
}
