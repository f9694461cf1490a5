//! Something is broken under load, healed, and everything the clients saw is checked against everything that is
//! stored. The numbers are those of the list in `docs/RELIABILITY.md`.
//!
//! In `make test` each fault comes once, but for those that take long. `make chaos` lets all come again and again.

/// Everything is written, and the commit fails.
mod commit;
/// The server ends in the middle of something.
mod crash;
/// Writes do not reach the disk, or late.
mod disk;
/// Kafka and those who write to it.
mod kafka;
/// Bytes between server and database.
mod network;
/// Postgres stops, or has no room.
mod postgres;
/// Rebuilds that die.
mod rebuild;
/// Redis stops, or forgets.
mod redis;
/// Several servers come and go.
mod rolls;
/// Those who read from Kafka.
mod workers;

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use seiketsu_trial::evidence::KafkaSource;
use seiketsu_trial::fault::proxy::Proxy;
use seiketsu_trial::fault::service::Service;
use seiketsu_trial::load::Shares;
use seiketsu_trial::run::{Installation, Process, Role, Scene};
use uuid::Uuid;

use crate::support::database::{self, TestDatabase};

/// Long enough for whatever is to come at all.
const PATIENCE: Duration = Duration::from_secs(60);

/// Read models are fed through Kafka.
const FROM_KAFKA: (&str, &str) = ("SEIKETSU__PROJECTIONS__SOURCE", "kafka");

/// What a process that aborts ends by.
const SIGABRT: i32 = 6;

/// Few connections, so that the clients fight for them.
const SMALL: [(&str, &str); 2] =
    [("SEIKETSU__DATABASE__TENANT_CONNECTIONS", "6"), ("SEIKETSU__DATABASE__SYSTEM_CONNECTIONS", "6")];

/// An installation on a database, and what its clients begin with.
struct Stage {
    installation: Installation,
    /// Past all faults.
    database: String,
    kafka: Option<KafkaSource>,
}

impl Stage {
    /// On a database as the server is to reach it (`through`) and as it is.
    fn on(through: &str, database: &str, settings: &[(&str, &str)]) -> Self {
        let settings = [SMALL.as_slice(), &[("SEIKETSU__DATABASE__URL", through)], settings].concat();
        let binary = Path::new(env!("CARGO_BIN_EXE_seiketsu"));
        let installation = Installation::new(binary, &settings).unwrap();
        Self { installation, database: database.to_owned(), kafka: None }
    }

    /// With topics of its own at these brokers.
    fn with_kafka(database: &str, brokers: &str, settings: &[(&str, &str)]) -> Self {
        let own = format!("trial-{}", Uuid::new_v4().simple());
        let kafka = [
            ("SEIKETSU__KAFKA__BROKERS", brokers),
            ("SEIKETSU__KAFKA__TOPIC_PREFIX", &own),
            ("SEIKETSU__KAFKA__GROUP", &own),
            ("SEIKETSU__KAFKA__PARTITIONS", "4"),
            // So that whoever follows one that was killed need not wait for long.
            ("SEIKETSU__RELAY__LEASE_SECONDS", "2"),
        ];
        let stage = Self::on(database, database, &[kafka.as_slice(), settings].concat());
        Self { kafka: Some(KafkaSource { brokers: brokers.to_owned(), topic_prefix: own }), ..stage }
    }

    async fn start(&self, role: Role) -> Process {
        self.installation.start(role, &[]).await.unwrap()
    }

    /// A mixed load on these servers.
    fn scene(&self, servers: &[&Process], explained: &[&'static str]) -> Scene<'_> {
        Scene {
            installation: &self.installation,
            urls: servers.iter().map(|server| server.url.clone()).collect(),
            database: self.database.clone(),
            kafka: self.kafka.clone(),
            explained: explained.to_vec(),
            clients: 12,
            patience: Duration::from_secs(12),
            shares: Shares::default(),
        }
    }
}

/// A database on the shared server, with a proxy before it; also the URL that goes through the proxy.
async fn behind_a_proxy() -> (TestDatabase, Proxy, String) {
    let database = database::create().await;
    let server: SocketAddr = authority(&database.url).parse().unwrap();
    let proxy = Proxy::start(server).await.unwrap();
    let through = database.url.replace(authority(&database.url), &proxy.address().to_string());
    (database, proxy, through)
}

/// Host and port of a URL.
fn authority(url: &str) -> &str {
    let rest = url.rsplit_once('@').or(url.rsplit_once("//")).unwrap().1;
    rest.split('/').next().unwrap()
}

/// A server of the trial's own, to be broken.
async fn private(service: &'static str) -> Service {
    let script = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.dev/with-services"));
    tokio::task::spawn_blocking(move || Service::start(script, service)).await.unwrap().unwrap()
}

/// What servers write when the database is away.
const WITHOUT_DATABASE: &[&str] = &["append failed"];

/// The broker of the whole run, for trials that leave it alone.
fn shared_kafka() -> String {
    std::env::var("SEIKETSU_TEST_KAFKA_BROKERS").expect("run the tests by `make test`")
}
