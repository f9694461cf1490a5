use serde::Deserialize;

use super::check::Complaint;
use super::secret::Secret;

/// `[redis]`: shared hints and limits, if there is one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisConfig {
    #[serde(deserialize_with = "super::optional")]
    pub url: Option<Secret>,
}

impl RedisConfig {
    pub(super) fn check(&self) -> Result<(), Complaint> {
        let scheme =
            |url: &Secret| ["redis://", "rediss://", "unix://"].iter().any(|s| url.expose().starts_with(s));
        match &self.url {
            Some(url) if !scheme(url) => {
                Err(Complaint::new("redis.url", "expected redis://:password@host:port/0"))
            }
            _ => Ok(()),
        }
    }
}
