//! What roles are made of.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use seiketsu_projections::Projection;
use seiketsu_projections::arrival::Arrivals;
use seiketsu_projections::driver::Worker;
use seiketsu_projections::kafka::{KafkaSource, topics};
use seiketsu_projections::read_models;
use seiketsu_projections::source::{Source, StoreSource};
use sqlx::PgPool;
use tokio::net::TcpListener;

use super::Failure;
use crate::app::{App, Limits, Parts};
use crate::audit::{Keeper, Publisher};
use crate::clock::Clock;
use crate::command::{Commands, StateCache};
use crate::config::{Config, ProjectionSource};
use crate::event_store::{self, AppendLanes, EventStore, PoolSizes, Pools};
use crate::hint::{self, Hint};
use crate::hot_cache::HotCache;
use crate::http::server::{self, ServerLimits};
use crate::identity::{Identity, IdentityConfig, SigningKey};
use crate::lifecycle::Lifecycle;
use crate::relay::{Relay, RelaySettings};

/// The Redis channel processes of one installation exchange hints on.
const HINTS: &str = "seiketsu:hints";

/// What every role that touches the database needs.
pub struct Base {
    pub config: Config,
    pub pools: Pools,
    pub hint: Hint,
    pub arrivals: Arrivals,
    pub lifecycle: Lifecycle,
    pub metrics: PrometheusHandle,
}

impl Base {
    /// Connects lazily; starts the exchange of hints with other processes where Redis is configured.
    pub fn new(config: Config, lifecycle: Lifecycle, metrics: PrometheusHandle) -> Result<Self, Failure> {
        let url = database_url(&config)?;
        let pools = Pools::new(&url, config.database.pool_sizes())?;
        let hint = Hint::default();
        if let Some(redis) = &config.redis.url {
            let exchange = hint::redis::Exchange::new(redis.expose(), HINTS, hint.clone())?;
            lifecycle.spawn("hints", exchange.run(lifecycle.stop().clone()));
        }
        Ok(Self { config, pools, hint, arrivals: Arrivals::default(), lifecycle, metrics })
    }

    /// The read models this process is to keep current.
    pub fn projections(&self) -> Result<Vec<Arc<dyn Projection>>, Failure> {
        let only = &self.config.projections.only;
        if only.is_empty() {
            return Ok(read_models::all());
        }
        only.iter()
            .map(|name| {
                read_models::find(name).ok_or_else(|| format!("there is no read model {name}").into())
            })
            .collect()
    }

    /// Starts a worker over all of them.
    pub async fn start_projections(&self) -> Result<(), Failure> {
        let settings = &self.config.projections;
        let pool = self.pools.for_projections();
        let source: Box<dyn Source> = match settings.source {
            ProjectionSource::Postgres => Box::new(StoreSource::new(
                pool.clone(),
                self.hint.subscribe(),
                settings.poll(),
                settings.batch,
            )),
            ProjectionSource::Kafka => Box::new(self.kafka_source().await?),
        };
        let groups = read_models::groups(self.projections()?);
        let worker = Worker::side_by_side(pool, groups, self.config.kafka.partitions, self.arrivals.clone());
        self.lifecycle.spawn("projections", worker.run(source, self.lifecycle.stop().clone()));
        self.start_audit()
    }

    /// Starts keeping the audit log, where there is a key to sign it with.
    fn start_audit(&self) -> Result<(), Failure> {
        let settings = &self.config.audit;
        let Some(key) = &settings.signing_key_file else { return Ok(()) };
        let signer = SigningKey::from_pem_file(key)?.signer(&settings.name)?;
        let publisher = settings.publish_directory.as_deref().map(Publisher::new).transpose()?;
        let keeper = Keeper::new(self.pools.for_projections(), &settings.name, signer, &self.hint, publisher);
        self.lifecycle.spawn("audit log", keeper.run(self.lifecycle.stop().clone()));
        Ok(())
    }

    async fn kafka_source(&self) -> Result<KafkaSource, Failure> {
        let settings = self.config.kafka.settings().ok_or("kafka.brokers is not set")?;
        topics::ensure(&settings, self.config.kafka.replication).await?;
        let batch = usize::try_from(self.config.projections.batch)?;
        Ok(KafkaSource::new(settings, batch))
    }

    /// Starts relaying to Kafka.
    pub fn start_relay(&self) -> Result<(), Failure> {
        let kafka =
            self.config.kafka.settings().ok_or("kafka.brokers is not set: there is nowhere to relay to")?;
        let settings = RelaySettings {
            kafka,
            replication: self.config.kafka.replication,
            batch: self.config.relay.batch,
            poll: self.config.relay.poll(),
            lease: self.config.relay.lease(),
        };
        let relay = Relay::new(self.pools.system().clone(), settings, &self.hint);
        self.lifecycle.spawn("relay", relay.run(self.lifecycle.stop().clone()));
        Ok(())
    }

    /// Builds what handlers share.
    pub fn app(&self, key: &SigningKey) -> Result<App, Failure> {
        let database = &self.config.database;
        let lanes = AppendLanes::start(&self.pools, database.append_lanes, &self.hint);
        let store = EventStore::new(self.pools.clone(), lanes);
        let (pool, keep) = (self.pools.system().clone(), database.remember_keys_for());
        let stop = self.lifecycle.stop().clone();
        self.lifecycle.spawn("forgetting keys", event_store::forget_old_keys(pool, keep, stop));
        let identity_config = IdentityConfig::from(&self.config.auth);
        Ok(App::from(Parts {
            commands: Commands::new(store, StateCache::new(database.state_cache)),
            identity: Identity::new(self.pools.clone(), identity_config, key, Clock::default())?,
            pools: self.pools.clone(),
            arrivals: self.arrivals.clone(),
            hint: self.hint.clone(),
            limits: Limits {
                max_body_bytes: self.config.http.max_body_bytes,
                request_timeout: self.config.http.request_timeout(),
            },
            partitions: self.config.kafka.partitions,
            metrics: Some(self.metrics.clone()),
            stop: self.lifecycle.stop().clone(),
            hot: self.config.redis.url.as_ref().map(|url| HotCache::new(url.expose())).transpose()?,
            allowed_origins: self.config.http.cors_origins.clone(),
        }))
    }

    /// Serves the API until the process is asked to stop.
    pub async fn serve(&self, app: App, listener: TcpListener) -> Result<(), Failure> {
        let limits = ServerLimits::from(&self.config.http);
        server::serve(listener, crate::http::router(app), limits, self.lifecycle.stop().clone()).await;
        Ok(())
    }
}

/// A few connections of the system role, for whoever looks or does one thing.
pub fn system_pool(config: &Config) -> Result<PgPool, Failure> {
    let sizes = PoolSizes { tenant: 1, system: 2 };
    Ok(Pools::new(&database_url(config)?, sizes)?.system().clone())
}

/// Executes commands, for whoever does one thing.
pub fn a_few_commands(pools: &Pools) -> Commands {
    let lanes = AppendLanes::start(pools, 1, &Hint::default());
    Commands::new(EventStore::new(pools.clone(), lanes), StateCache::new(0))
}

/// Who acts, as far as can be told of somebody who may log in to this machine.
pub fn at_the_machine() -> String {
    let login = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER"));
    format!("cli:{}", login.unwrap_or_else(|_| "unknown".to_owned()))
}

/// The database every role but `dev` must be told.
pub fn database_url(config: &Config) -> Result<String, Failure> {
    let url = config.database.url.as_ref().ok_or("database.url is not set (DATABASE_URL does, too)")?;
    Ok(url.expose().to_owned())
}

/// The key tokens are signed with.
pub fn signing_key(config: &Config) -> Result<SigningKey, Failure> {
    let path = config.auth.signing_key_file.as_deref().ok_or(
        "auth.signing_key_file is not set; make one with `openssl genpkey -algorithm ed25519 -out signing-key.pem`",
    )?;
    Ok(SigningKey::from_pem_file(path)?)
}

/// The key of a development installation, made at its first start.
pub fn own_signing_key(data: &Path) -> Result<SigningKey, Failure> {
    let path = own_key_file(data, "signing-key.pem")?;
    Ok(SigningKey::from_pem_file(&path)?)
}

/// The file of a key of a development installation, made where it does not exist.
pub fn own_key_file(data: &Path, name: &str) -> Result<PathBuf, Failure> {
    let path = data.join(name);
    if !path.try_exists()? {
        SigningKey::generate().write_pem_file(&path)?;
    }
    Ok(path)
}
