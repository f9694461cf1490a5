//! Limits of lists.

use seiketsu_projections::sort::{Sort, SortError, SortField};
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

/// The parameters of a list without filters.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageParams {
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    pub limit: Limit,
    /// `nextCursor` of the page before.
    pub cursor: Option<String>,
}

/// Reads a sort order.
///
/// # Errors
/// 400 for a field the list cannot be sorted by.
pub fn sort(raw: Option<&str>, allowed: &'static [SortField]) -> Result<Option<Sort>, Problem> {
    raw.map(|raw| Sort::parse(raw, allowed)).transpose().map_err(|error| sort_invalid(error, allowed))
}

/// Says what a list can be sorted by.
pub fn sort_invalid(error: SortError, allowed: &[SortField]) -> Problem {
    let names: Vec<_> = allowed.iter().map(|field| field.name).collect();
    Problem::malformed("?sort", "sort_invalid", format!("{error}; there are {}", names.join(", ")))
}

/// Words to search for.
///
/// # Errors
/// 422 for more than anybody types.
pub fn words(raw: Option<String>) -> Result<Option<String>, Problem> {
    match raw {
        Some(raw) if raw.chars().count() > 200 => {
            Err(Problem::unacceptable("?q", "text_too_long", "must have at most 200 characters"))
        }
        raw => Ok(raw),
    }
}
