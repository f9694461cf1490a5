//! What an operator can set. Every setting, its default and its meaning is in `default.toml`, from which
//! `docs/CONFIGURATION.md` is made.
//!
//! A value comes from the last of these that has it: `default.toml` (built in), a TOML file (`--config`, else
//! `./seiketsu.toml` where present), `DATABASE_URL`, `KAFKA_BROKERS`, `REDIS_URL`, and `SEIKETSU__SECTION__KEY`.
//! A setting that does not exist is refused, so that a misspelt one is noticed at start and not in production.
//! Adding a setting means a line in `default.toml` and a field here; a test keeps the two alike.

/// The audit log.
mod audit;
/// Tokens and logins.
mod auth;
/// What a value must fulfil beyond its type.
mod check;
/// Connections and caches.
mod database;
/// Why there is no configuration.
mod error;
/// Limits of the server.
mod http;
/// Brokers and topics.
mod kafka;
/// Read models and their source.
mod projections;
/// Hints and limits between processes.
mod redis;
/// `docs/CONFIGURATION.md`.
mod reference;
/// Leases and batches.
mod relay;
/// Values that never print.
mod secret;
/// Files and variables, in order.
mod sources;
/// Logs and metrics.
mod telemetry;

use std::path::Path;

use serde::{Deserialize, Deserializer};

pub use audit::AuditConfig;
pub use auth::AuthConfig;
pub use database::DatabaseConfig;
pub use error::ConfigError;
pub use http::HttpConfig;
pub use kafka::KafkaConfig;
pub use projections::{ProjectionSource, ProjectionsConfig};
pub use redis::RedisConfig;
pub use reference::reference;
pub use relay::RelayConfig;
pub use secret::Secret;
pub use telemetry::{LogFormat, TelemetryConfig};

use check::Complaint;

/// All settings of a process; checked, so that what starts with it need not doubt it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub http: HttpConfig,
    pub database: DatabaseConfig,
    pub kafka: KafkaConfig,
    pub redis: RedisConfig,
    pub relay: RelayConfig,
    pub projections: ProjectionsConfig,
    pub auth: AuthConfig,
    pub audit: AuditConfig,
    pub telemetry: TelemetryConfig,
}

impl Config {
    /// Reads the settings of this process: `file`, or `./seiketsu.toml` where present, and the environment.
    ///
    /// # Errors
    /// A file that cannot be read, a setting that does not exist, a value it cannot have.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        Self::from_sources(file, std::env::vars_os())
    }

    fn from_sources(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (std::ffi::OsString, std::ffi::OsString)>,
    ) -> Result<Self, ConfigError> {
        let values = sources::gather(file, environment)?;
        let config: Self = values.extract()?;
        config.check().map_err(|Complaint { key, reason }| ConfigError::Invalid {
            key: key.to_owned(),
            origin: values.find_metadata(key).map_or_else(String::new, |found| found.name.to_string()),
            reason,
        })?;
        Ok(config)
    }

    fn check(&self) -> Result<(), Complaint> {
        self.http.check()?;
        self.database.check()?;
        self.kafka.check()?;
        self.redis.check()?;
        self.relay.check()?;
        self.projections.check()?;
        self.auth.check()?;
        self.audit.check()?;
        self.telemetry.check()?;
        if self.projections.source == ProjectionSource::Kafka && self.kafka.brokers.is_none() {
            return Err(Complaint::new("projections.source", "`kafka` needs kafka.brokers"));
        }
        Ok(())
    }
}

/// A setting that may be absent, which TOML and environments write as an empty text.
fn optional<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    use serde::de::IntoDeserializer;
    let text = String::deserialize(from)?;
    if text.is_empty() { Ok(None) } else { T::deserialize(text.into_deserializer()).map(Some) }
}

#[cfg(test)]
mod tests;
