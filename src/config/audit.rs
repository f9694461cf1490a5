use std::path::PathBuf;

use serde::Deserialize;

use super::check::{self, Complaint};

/// `[audit]`: the log that proves what was recorded.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditConfig {
    pub name: String,
    #[serde(deserialize_with = "super::optional")]
    pub signing_key_file: Option<PathBuf>,
    #[serde(deserialize_with = "super::optional")]
    pub publish_directory: Option<PathBuf>,
}

impl AuditConfig {
    pub(super) fn check(&self) -> Result<(), Complaint> {
        check::name("audit.name", &self.name)
    }
}
