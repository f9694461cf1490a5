use std::path::PathBuf;

use figment::error::Kind;

/// Why there is no configuration. Messages name the key and where its value came from, never the value.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{} cannot be read: {source}", file.display())]
    Unreadable {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{}, line {line}: {reason}", file.display())]
    Syntax { file: PathBuf, line: usize, reason: String },
    #[error("there is no setting `{key}` ({origin}); {hint}")]
    Unknown { key: String, origin: String, hint: String },
    #[error("`{key}` ({origin}): {reason}")]
    Invalid { key: String, origin: String, reason: String },
}

impl From<figment::Error> for ConfigError {
    fn from(error: figment::Error) -> Self {
        Self::Invalid {
            key: error.path.join("."),
            origin: error
                .metadata
                .map_or_else(|| "built in".to_owned(), |metadata| metadata.name.into_owned()),
            reason: reason(error.kind),
        }
    }
}

/// Says what was expected. What was found stays out: it may be a secret in the wrong place.
fn reason(kind: Kind) -> String {
    match kind {
        Kind::InvalidType(_, expected)
        | Kind::InvalidValue(_, expected)
        | Kind::InvalidLength(_, expected) => {
            format!("expected {}", plain(&expected))
        }
        Kind::UnknownVariant(_, known) => format!("expected one of {}", known.join(", ")),
        Kind::MissingField(name) => format!("`{name}` is missing"),
        Kind::Message(message) => message,
        _ => "not a value this setting can have".to_owned(),
    }
}

fn plain(expected: &str) -> &str {
    match expected {
        "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i16" | "i32" | "i64" => "a whole number",
        "a sequence" => "a list of texts",
        "a string" => "a text",
        other => other,
    }
}
