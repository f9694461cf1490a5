//! Trials of the server under load: a sound one keeps every promise, and each planted bug is caught by the check that
//! is there for it.

#[cfg(feature = "trial")]
mod planted;
mod sound;

use std::path::PathBuf;
use std::time::Duration;

use seiketsu_projections::kafka::KafkaSettings;
use seiketsu_trial::check::{self, Report};
use seiketsu_trial::evidence::{Evidence, KafkaSource, Sources};
use seiketsu_trial::history::History;
use seiketsu_trial::load::{Load, LoadConfig, Login, Settled};

use crate::support::kafka;
use crate::support::server::Server;

/// A server with its load, from the first request to the verdict.
struct Trial {
    server: Server,
    kafka: Option<KafkaSettings>,
    /// Parts of log lines the trial itself explains.
    explained: Vec<String>,
    /// How long unknown outcomes may take to be told, and consumers to arrive.
    patience: Duration,
}

/// What came of it.
struct Outcome {
    report: Report,
    settled: Settled,
}

impl Trial {
    async fn of(environment: &[(&str, &str)]) -> Self {
        let server = Server::start_with(environment).await;
        Self { server, kafka: None, explained: Vec::new(), patience: Duration::from_secs(60) }
    }

    /// With topics of its own on the shared broker.
    async fn relaying(environment: &[(&str, &str)]) -> Self {
        let kafka = kafka::settings().await;
        let partitions = kafka.partitions.to_string();
        let mut environment = environment.to_vec();
        environment.extend([
            ("SEIKETSU__KAFKA__BROKERS", kafka.brokers.as_str()),
            ("SEIKETSU__KAFKA__TOPIC_PREFIX", kafka.topic_prefix.as_str()),
            ("SEIKETSU__KAFKA__GROUP", kafka.group.as_str()),
            ("SEIKETSU__KAFKA__PARTITIONS", partitions.as_str()),
        ]);
        Self { kafka: Some(kafka.clone()), ..Self::of(&environment).await }
    }

    fn config(&self, seed: u64) -> LoadConfig {
        let url = self.server.url.clone();
        LoadConfig::mixed(vec![url], self.logins(), seed, self.server.data().join("history.jsonl"))
    }

    fn logins(&self) -> Vec<Login> {
        let login = |prefix: &str| Login {
            organization: self.server.credential(&format!("{prefix}ORGANIZATION")),
            email: self.server.credential(&format!("{prefix}EMAIL")),
            password: self.server.credential(&format!("{prefix}PASSWORD")),
        };
        vec![login("SEIKETSU_"), login("SEIKETSU_SECOND_")]
    }

    /// Stops the load, learns all outcomes, collects the evidence and checks it.
    async fn judge(&self, load: Load) -> Outcome {
        let settled = load.settle(self.patience).await.unwrap();
        let evidence = Evidence::collect(&self.sources(), &settled.tenants).await.unwrap();
        let history = History::read(&settled.history).unwrap();
        Outcome { report: check::all(&history, &evidence), settled }
    }

    fn sources(&self) -> Sources {
        let kafka = self.kafka.as_ref().map(|kafka| KafkaSource {
            brokers: kafka.brokers.clone(),
            topic_prefix: kafka.topic_prefix.clone(),
        });
        Sources {
            database: self.server.database.url.clone(),
            kafka,
            server: self.server.url.clone(),
            logins: self.logins(),
            logs: self.logs(),
            explained: self.explained.clone(),
            recovery: self.patience,
        }
    }

    fn logs(&self) -> Vec<PathBuf> {
        vec![self.server.data().join("server.log")]
    }
}
