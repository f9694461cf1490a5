use std::fmt;

use super::{Pack, check};

/// What is wrong with a pack, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// A row by its id, a field of the head, or line and column where the text could not be read at all.
    pub at: String,
    /// Stable code, snake_case.
    pub code: &'static str,
    pub detail: String,
}

impl Fault {
    pub(super) fn new(at: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { at: at.into(), code, detail: detail.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.at, self.detail, self.code)
    }
}

impl std::error::Error for Fault {}

impl Pack {
    /// The longest text that is read.
    pub const MAX_BYTES: usize = 1 << 20;

    /// Reads and validates a pack. Text that begins with a brace is JSON, any other TOML.
    ///
    /// # Errors
    /// Everything that is wrong with it; where it cannot be read, the first thing.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        if text.len() > Self::MAX_BYTES {
            return Err(vec![Fault::new("line 1", "pack_too_large", "a pack has at most a megabyte")]);
        }
        let pack = if text.trim_start().starts_with('{') { read_json(text) } else { read_toml(text) };
        let pack = pack.map_err(|fault| vec![fault])?;
        let faults = check::faults(&pack);
        if faults.is_empty() { Ok(pack) } else { Err(faults) }
    }
}

fn read_json(text: &str) -> Result<Pack, Fault> {
    serde_json::from_str(text).map_err(|error| {
        let at = format!("line {}, column {}", error.line(), error.column());
        Fault::new(at, "pack_unreadable", plain(&error.to_string()))
    })
}

fn read_toml(text: &str) -> Result<Pack, Fault> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        let at = format!("line {}, column {column}", before.matches('\n').count() + 1);
        Fault::new(at, "pack_unreadable", plain(error.message()))
    })
}

/// The sentence of a refused value, or the message as it is.
fn plain(message: &str) -> String {
    crate::values::ValueError::from_serde(message).map_or_else(|| message.to_owned(), |(_, detail)| detail)
}
