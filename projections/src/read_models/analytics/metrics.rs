use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use seiketsu_domain::call::Outcome;
use seiketsu_domain::ids::AgentId;
use seiketsu_domain::permission::rule::Rule;
use seiketsu_domain::values::CurrencyCode;
use serde::Serialize;
use serde_json::Error;
use sqlx::FromRow;

use crate::read_models::word::value;

/// One figure of one bucket, or of the whole previous period.
#[derive(Debug, FromRow)]
pub struct Figure {
    /// The bucket; `None` for the previous period.
    pub at: Option<DateTime<Utc>>,
    pub dimension: String,
    pub metric: String,
    pub count: i64,
    pub sum: i64,
}

/// The metrics of a subject, added up from figures. A figure that newer code knows is passed over.
pub trait Metrics: Default {
    /// # Errors
    /// An outcome, rule, currency or agent that none is.
    fn add(&mut self, figure: &Figure) -> Result<(), Error>;
}

/// Something measured: how often, the sum, and the average, rounded half up and null where nothing was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Measured {
    pub count: i64,
    pub sum: i64,
    pub average: Option<i64>,
}

impl Measured {
    fn add(&mut self, figure: &Figure) {
        self.count += figure.count;
        self.sum = self.sum.saturating_add(figure.sum);
        self.average = (self.count > 0).then(|| self.sum.saturating_add(self.count / 2) / self.count);
    }
}

/// What happened to calls. Breakdowns list what is not zero.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallMetrics {
    pub started: i64,
    pub connected: i64,
    pub completed: i64,
    pub failed: i64,
    pub escalated: i64,
    pub by_outcome: BTreeMap<Outcome, i64>,
    pub duration_seconds: Measured,
    pub response_time_ms: Measured,
}

impl Metrics for CallMetrics {
    fn add(&mut self, figure: &Figure) -> Result<(), Error> {
        match figure.metric.as_str() {
            "started" => self.started += figure.count,
            "connected" => self.connected += figure.count,
            "completed" => self.completed += figure.count,
            "failed" => self.failed += figure.count,
            "escalated" => self.escalated += figure.count,
            "duration_seconds" => self.duration_seconds.add(figure),
            "response_time_ms" => self.response_time_ms.add(figure),
            other => {
                if let Some(outcome) = other.strip_prefix("outcome.") {
                    *self.by_outcome.entry(value(outcome)?).or_default() += figure.count;
                }
            }
        }
        Ok(())
    }
}

/// How many leads came in and how far they got; each counts once in every status it goes through.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LeadMetrics {
    pub created: i64,
    pub contacted: i64,
    pub qualified: i64,
    pub appointments: i64,
    pub converted: i64,
    pub lost: i64,
    /// What the conversions brought, by currency. A sum that goes beyond 64 bits stays at their end.
    pub value_cents: BTreeMap<CurrencyCode, i64>,
}

impl Metrics for LeadMetrics {
    fn add(&mut self, figure: &Figure) -> Result<(), Error> {
        match figure.metric.as_str() {
            "created" => self.created += figure.count,
            "contacted" => self.contacted += figure.count,
            "qualified" => self.qualified += figure.count,
            "appointments" => self.appointments += figure.count,
            "converted" => self.converted += figure.count,
            "lost" => self.lost += figure.count,
            other => {
                if let Some(currency) = other.strip_prefix("value.") {
                    let cents = self.value_cents.entry(value(currency)?).or_default();
                    *cents = cents.saturating_add(figure.sum);
                }
            }
        }
        Ok(())
    }
}

/// What happened to the calls of each agent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentMetrics {
    /// Agents without news are not listed.
    pub by_agent: BTreeMap<AgentId, CallMetrics>,
}

impl Metrics for AgentMetrics {
    fn add(&mut self, figure: &Figure) -> Result<(), Error> {
        self.by_agent.entry(value(&figure.dimension)?).or_default().add(figure)
    }
}

/// What happened to escalations.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EscalationMetrics {
    pub raised: i64,
    pub acknowledged: i64,
    pub resolved: i64,
    pub cancelled: i64,
    pub timed_out: i64,
    pub seconds_to_acknowledge: Measured,
}

impl Metrics for EscalationMetrics {
    fn add(&mut self, figure: &Figure) -> Result<(), Error> {
        match figure.metric.as_str() {
            "raised" => self.raised += figure.count,
            "acknowledged" => {
                self.acknowledged += figure.count;
                self.seconds_to_acknowledge.add(figure);
            }
            "resolved" => self.resolved += figure.count,
            "cancelled" => self.cancelled += figure.count,
            "timed_out" => self.timed_out += figure.count,
            _ => {}
        }
        Ok(())
    }
}

/// What was granted, revoked and asked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsentMetrics {
    pub grants: i64,
    pub revocations: i64,
    pub checks: i64,
    pub allowed: i64,
    pub denied: i64,
    /// By the primary reason.
    pub denied_by_rule: BTreeMap<Rule, i64>,
}

impl Metrics for ConsentMetrics {
    fn add(&mut self, figure: &Figure) -> Result<(), Error> {
        match figure.metric.as_str() {
            "grants" => self.grants += figure.count,
            "revocations" => self.revocations += figure.count,
            "checks" => self.checks += figure.count,
            "allowed" => self.allowed += figure.count,
            "denied" => self.denied += figure.count,
            other => {
                if let Some(rule) = other.strip_prefix("denied.") {
                    *self.denied_by_rule.entry(value(rule)?).or_default() += figure.count;
                }
            }
        }
        Ok(())
    }
}
