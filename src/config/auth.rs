use std::path::PathBuf;

use serde::Deserialize;

use super::check::{self, Complaint};

/// `[auth]`: logins and tokens.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    pub issuer: String,
    pub access_token_minutes: i64,
    pub refresh_token_days: i64,
    #[serde(deserialize_with = "super::optional")]
    pub signing_key_file: Option<PathBuf>,
}

impl AuthConfig {
    pub(super) fn check(&self) -> Result<(), Complaint> {
        if self.issuer.is_empty() {
            return Err(Complaint::new("auth.issuer", "must not be empty"));
        }
        check::within("auth.access_token_minutes", self.access_token_minutes, 1, 24 * 60)?;
        check::within("auth.refresh_token_days", self.refresh_token_days, 1, 3650)
    }
}
