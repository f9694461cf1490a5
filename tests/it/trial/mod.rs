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
use sqlx::PgConnection;

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
        let first = server.credential("SEIKETSU_ORGANIZATION");
        add_organization(&mut server.database.superuser().await, &first).await;
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
        let third = Login { organization: THIRD.to_owned(), ..login("SEIKETSU_") };
        vec![login("SEIKETSU_"), login("SEIKETSU_SECOND_"), third]
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

/// The domain of one more organization than the server seeds.
const THIRD: &str = "third.example";

/// The same people under the same passwords, in an organization of their own.
async fn add_organization(database: &mut PgConnection, like: &str) {
    let added = sqlx::query(
        "with model as (select * from organizations where domain = $1),
              added as (insert into organizations (tenant_id, name, domain, vertical, settings, created_at)
                        select gen_random_uuid(), name, $2, vertical, settings, created_at from model returning tenant_id)
         insert into users (tenant_id, id, email, name, role, password_hash, created_at)
         select added.tenant_id, gen_random_uuid(), u.email, u.name, u.role, u.password_hash, u.created_at
           from added, model join users u using (tenant_id)",
    )
    .bind(like)
    .bind(THIRD)
    .execute(database)
    .await
    .unwrap();
    assert!(added.rows_affected() > 0, "nobody works there");
}
