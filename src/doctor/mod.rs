//! Looks at an installation the way an experienced operator would, and says what is wrong, why, and what to do.
//!
//! Nothing is changed. A check that cannot be made because an earlier one failed is left out rather than guessed.

/// Server, schema, roles, row-level security.
mod database;
/// How far events have travelled.
mod flow;
/// Asking one URL whether a process is well.
mod healthcheck;
/// Kafka and Redis.
mod neighbours;
/// The key that signs tokens.
mod signing_key;

use std::fmt;
use std::time::Duration;

use serde::Serialize;

pub use healthcheck::healthcheck;

use crate::config::{Config, ConfigError};

/// How long any one server may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was found, in the order it was looked at.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether nothing failed; warnings do not count.
    healthy: bool,
    findings: Vec<Finding>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub struct Finding {
    pub outcome: Outcome,
    pub subject: &'static str,
    /// What was found, with its figures.
    pub detail: String,
    /// What to do; empty where there is nothing to do.
    pub fix: String,
}

/// How one look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    /// Works, but not as it should for long or under load.
    Warning,
    /// Does not work, or a promise does not hold.
    Failed,
}

/// Looks at everything the configuration names.
pub async fn doctor(config: &Config) -> Report {
    let mut findings = vec![Finding::ok("configuration", "every setting exists and has a value it can have")];
    findings.push(signing_key::look(&config.auth));
    findings.extend(database::look(config).await);
    findings.extend(neighbours::look_at_kafka(&config.kafka).await);
    findings.extend(neighbours::look_at_redis(&config.redis).await);
    Report::of(findings)
}

impl Report {
    fn of(findings: Vec<Finding>) -> Self {
        let healthy = findings.iter().all(|finding| finding.outcome != Outcome::Failed);
        Self { healthy, findings }
    }

    /// The report where there is no configuration to look with.
    #[must_use]
    pub fn misconfigured(error: &ConfigError) -> Self {
        let fix = "docs/CONFIGURATION.md lists every setting";
        Self::of(vec![Finding::failed("configuration", error.to_string(), fix)])
    }

    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// 0 where nothing failed, else 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        u8::from(!self.healthy)
    }

    /// The report for programs: `{healthy, findings: [{outcome, subject, detail, fix}]}`.
    ///
    /// # Errors
    /// Never in practice: texts and a truth value serialise.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
}

impl Finding {
    fn ok(subject: &'static str, detail: impl Into<String>) -> Self {
        Self { outcome: Outcome::Ok, subject, detail: detail.into(), fix: String::new() }
    }

    fn warning(subject: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { outcome: Outcome::Warning, subject, detail: detail.into(), fix: fix.into() }
    }

    fn failed(subject: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed, subject, detail: detail.into(), fix: fix.into() }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.findings.iter().try_for_each(|finding| write!(f, "{finding}"))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.outcome {
            Outcome::Ok => "✅",
            Outcome::Warning => "⚠️ ",
            Outcome::Failed => "❌",
        };
        writeln!(f, "{sign} {}: {}", self.subject, self.detail)?;
        if self.fix.is_empty() { Ok(()) } else { writeln!(f, "   → {}", self.fix) }
    }
}

/// An error with its causes, each once, on one line. None of ours carries a secret.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text.replace('\n', " ")
}
