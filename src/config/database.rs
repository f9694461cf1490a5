use std::time::Duration;

use serde::Deserialize;

use super::check::{self, Complaint};
use super::secret::Secret;
use crate::event_store::PoolSizes;

/// `[database]`: PostgreSQL.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    #[serde(deserialize_with = "super::optional")]
    pub url: Option<Secret>,
    pub tenant_connections: u32,
    pub system_connections: u32,
    pub append_lanes: usize,
    pub state_cache: usize,
    pub idempotency_days: u32,
}

impl DatabaseConfig {
    #[must_use]
    pub fn pool_sizes(&self) -> PoolSizes {
        PoolSizes { tenant: self.tenant_connections, system: self.system_connections }
    }

    /// How long idempotency keys are remembered.
    #[must_use]
    pub fn remember_keys_for(&self) -> Duration {
        Duration::from_secs(24 * 60 * 60) * self.idempotency_days
    }

    pub(super) fn check(&self) -> Result<(), Complaint> {
        let scheme =
            |url: &Secret| ["postgres://", "postgresql://"].iter().any(|s| url.expose().starts_with(s));
        if self.url.as_ref().is_some_and(|url| !scheme(url)) {
            return Err(Complaint::new(
                "database.url",
                "expected postgres://user:password@host:port/database",
            ));
        }
        check::within("database.tenant_connections", self.tenant_connections, 1, 10_000)?;
        check::within("database.system_connections", self.system_connections, 1, 10_000)?;
        check::within("database.append_lanes", self.append_lanes, 1, 16)?;
        check::within("database.state_cache", self.state_cache, 0, 100_000_000)?;
        check::within("database.idempotency_days", self.idempotency_days, 1, 3650)
    }
}
