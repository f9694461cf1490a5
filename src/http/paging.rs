//! Limits of lists.

use serde::{Deserialize, Deserializer};

use super::problem::Problem;

/// Rows a page has where the client does not say.
pub const DEFAULT_LIMIT: i64 = 20;

/// How many rows a page may have: 1 to 100.
#[derive(Debug, Clone, Copy)]
pub struct Limit(pub i64);

impl Default for Limit {
    fn default() -> Self {
        Self(DEFAULT_LIMIT)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = String::deserialize(deserializer)?;
        match raw.parse() {
            Ok(limit @ 1..=100) => Ok(Self(limit)),
            _ => Err(serde::de::Error::custom("limit must be a whole number from 1 to 100")),
        }
    }
}

/// A cursor a client sends back; its content is checked where it is used.
///
/// # Errors
/// Longer than any cursor of ours.
pub fn cursor(raw: Option<String>) -> Result<Option<String>, Problem> {
    match raw {
        Some(raw) if raw.len() > 2048 => {
            Err(Problem::malformed("?cursor", "cursor_invalid", "the cursor does not belong to this query"))
        }
        raw => Ok(raw),
    }
}
