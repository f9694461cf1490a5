use std::net::SocketAddr;

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::check::Complaint;

/// `[telemetry]`: logs and metrics.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelemetryConfig {
    pub log: String,
    pub format: LogFormat,
    #[serde(deserialize_with = "super::optional")]
    pub metrics_bind: Option<SocketAddr>,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

impl TelemetryConfig {
    pub(super) fn check(&self) -> Result<(), Complaint> {
        let problem = |error| Complaint::new("telemetry.log", format!("not a log directive: {error}"));
        self.log.parse::<EnvFilter>().map(drop).map_err(problem)
    }
}
