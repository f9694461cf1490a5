use serde::{Deserialize, Serialize};

use crate::event::Upcast;
use crate::ids::{CallId, EscalationId, TenantId, UserId};
use crate::values::{Reason, Timestamp};

crate::events! {
    /// What can happen to an escalation.
    pub enum EscalationEvent {
        /// A human is asked for.
        Raised(Raised) = "escalation.raised" v 1,
        /// Somebody has seen it.
        Acknowledged(Acknowledged) = "escalation.acknowledged" v 1,
        /// It belongs to a person now.
        Assigned(Assigned) = "escalation.assigned" v 1,
        /// A human is on the line.
        Connected(Connected) = "escalation.connected" v 1,
        /// It is done.
        Resolved(Resolved) = "escalation.resolved" v 1,
        /// It was withdrawn.
        Cancelled(Cancelled) = "escalation.cancelled" v 1,
        /// Nobody acknowledged it in time.
        TimedOut(TimedOut) = "escalation.timed_out" v 1,
    }
}

impl Upcast for EscalationEvent {}

/// What led to an escalation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Trigger {
    EmergencyKeyword,
    HighPriorityKeyword,
    #[default]
    ExplicitRequest,
    Uncertainty,
    Override,
    Sentiment,
}

impl Trigger {
    /// The priority an escalation has where nobody chose one.
    #[must_use]
    pub fn default_priority(self) -> Priority {
        match self {
            Self::EmergencyKeyword => Priority::Critical,
            Self::HighPriorityKeyword | Self::ExplicitRequest | Self::Override => Priority::High,
            Self::Uncertainty | Self::Sentiment => Priority::Normal,
        }
    }
}

/// How urgent an escalation is; `critical` sorts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Priority {
    Critical,
    High,
    #[default]
    Normal,
}

impl Priority {
    /// Seconds within which somebody must acknowledge: a minute, five minutes, half an hour.
    #[must_use]
    pub fn seconds_to_acknowledge(self) -> i64 {
        match self {
            Self::Critical => 60,
            Self::High => 300,
            Self::Normal => 1800,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Raised {
    pub escalation_id: EscalationId,
    pub organization_id: TenantId,
    pub call_id: CallId,
    pub trigger: Trigger,
    pub priority: Priority,
    pub reason: Reason,
    /// When somebody must have acknowledged it.
    pub due_at: Timestamp,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Acknowledged {
    pub by: UserId,
    /// Seconds from the raise to this.
    pub waited_seconds: i64,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Assigned {
    pub to: UserId,
    /// Seconds from the raise to this, where nobody had taken notice before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_seconds: Option<i64>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    pub by: UserId,
    /// Seconds from the raise to this, where nobody had taken notice before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_seconds: Option<i64>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolved {
    pub resolution: Reason,
    pub by: UserId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancelled {
    pub reason: Reason,
    pub by: UserId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimedOut {
    pub at: Timestamp,
}
