use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

use super::check::{self, Complaint};

/// `[http]`: the HTTP server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    pub bind: SocketAddr,
    pub max_body_bytes: usize,
    pub header_timeout_seconds: u64,
    pub request_timeout_seconds: u64,
    pub max_connections: usize,
    pub cors_origins: Vec<String>,
    #[serde(deserialize_with = "super::optional")]
    pub public_url: Option<String>,
}

impl HttpConfig {
    #[must_use]
    pub fn header_timeout(&self) -> Duration {
        Duration::from_secs(self.header_timeout_seconds)
    }

    #[must_use]
    pub fn request_timeout(&self) -> Duration {
        Duration::from_secs(self.request_timeout_seconds)
    }

    pub(super) fn check(&self) -> Result<(), Complaint> {
        check::within("http.max_body_bytes", self.max_body_bytes, 1024, 256 << 20)?;
        check::within("http.header_timeout_seconds", self.header_timeout_seconds, 1, 3600)?;
        check::within("http.request_timeout_seconds", self.request_timeout_seconds, 1, 3600)?;
        check::within("http.max_connections", self.max_connections, 1, 1_000_000)?;
        for origin in self.cors_origins.iter().filter(|origin| *origin != "*") {
            check::origin("http.cors_origins", origin)?;
        }
        self.public_url.as_deref().map_or(Ok(()), |url| check::origin("http.public_url", url))
    }
}
