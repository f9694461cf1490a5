use std::time::Duration;

use serde::Deserialize;

use super::check::{self, Complaint};

/// `[relay]`: moving committed events to Kafka.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelayConfig {
    pub batch: i64,
    pub poll_ms: u64,
    pub lease_seconds: u64,
}

impl RelayConfig {
    #[must_use]
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    #[must_use]
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.lease_seconds)
    }

    pub(super) fn check(&self) -> Result<(), Complaint> {
        check::within("relay.batch", self.batch, 1, 100_000)?;
        check::within("relay.poll_ms", self.poll_ms, 1, 60_000)?;
        check::within("relay.lease_seconds", self.lease_seconds, 2, 3600)
    }
}
