//! The questions sections ask about their values. An answer names the key and never repeats the value: it may have
//! been meant for a secret next to it.

use std::fmt::Display;

/// What is wrong with a value of the right type.
#[derive(Debug)]
pub(super) struct Complaint {
    pub key: &'static str,
    pub reason: String,
}

impl Complaint {
    pub fn new(key: &'static str, reason: impl Into<String>) -> Self {
        Self { key, reason: reason.into() }
    }
}

pub(super) fn within<T: PartialOrd + Display>(
    key: &'static str,
    value: T,
    least: T,
    most: T,
) -> Result<(), Complaint> {
    if value >= least && value <= most {
        return Ok(());
    }
    Err(Complaint::new(key, format!("must be between {least} and {most}")))
}

/// What Kafka takes as the name of a topic or group.
pub(super) fn name(key: &'static str, value: &str) -> Result<(), Complaint> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if (1..=100).contains(&value.len()) && value.chars().all(legal) {
        return Ok(());
    }
    Err(Complaint::new(key, "must be 1 to 100 letters, digits, dots, dashes and underscores"))
}

/// Scheme, host and perhaps a port: what a browser sends as `Origin`.
pub(super) fn origin(key: &'static str, value: &str) -> Result<(), Complaint> {
    let is_origin = value.parse::<axum::http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
            && uri.path() == "/"
            && !value.ends_with('/')
            && uri.query().is_none()
            && !value.contains('@')
    });
    if is_origin {
        return Ok(());
    }
    Err(Complaint::new(key, "expected scheme and host without a path, such as https://app.example.com"))
}
