use std::time::Duration;

use seiketsu_projections::read_models;
use serde::Deserialize;

use super::check::{self, Complaint};

/// `[projections]`: the workers that keep read models current.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectionsConfig {
    pub source: ProjectionSource,
    pub only: Vec<String>,
    pub poll_ms: u64,
    pub batch: i64,
}

/// Where projections read events from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectionSource {
    Postgres,
    Kafka,
}

impl ProjectionsConfig {
    #[must_use]
    pub fn poll(&self) -> Duration {
        Duration::from_millis(self.poll_ms)
    }

    pub(super) fn check(&self) -> Result<(), Complaint> {
        check::within("projections.poll_ms", self.poll_ms, 1, 60_000)?;
        check::within("projections.batch", self.batch, 1, 100_000)?;
        match self.only.iter().find(|name| read_models::find(name).is_none()) {
            None => Ok(()),
            Some(name) => {
                let known: Vec<_> = read_models::all().iter().map(|read_model| read_model.name()).collect();
                let reason = format!("there is no read model `{name}`; there are {}", known.join(", "));
                Err(Complaint::new("projections.only", reason))
            }
        }
    }
}
