use serde::{Deserialize, Serialize};

/// Who called whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Direction {
    /// The person called us.
    #[default]
    Inbound,
    /// We called the person.
    Outbound,
}

/// Where a call stands. `active` until the line closes, escalated or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CallStatus {
    #[default]
    Active,
    Completed,
    Failed,
    Escalated,
}

/// How far the conversation has come, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Phase {
    #[default]
    Greeting,
    Intake,
    Clarification,
    Escalation,
    Completed,
}

impl Phase {
    /// Whether the conversation may go on from here to `next`: forward, or from clarification back to intake.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        self < next || (self, next) == (Self::Clarification, Self::Intake)
    }
}

/// What a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Outcome {
    Completed,
    Failed,
    /// Handed over to a human.
    Escalated,
    NoAnswer,
    Voicemail,
    Busy,
    /// Somebody hung up before it came to anything, or the call was cancelled.
    Abandoned,
    /// The person did not want to talk.
    Refused,
}

impl Outcome {
    /// The status a call ends with. A completed conversation that needed a human counts as escalated.
    #[must_use]
    pub fn status(self, escalated: bool) -> CallStatus {
        match self {
            Self::Completed if escalated => CallStatus::Escalated,
            Self::Completed | Self::Voicemail => CallStatus::Completed,
            Self::Escalated => CallStatus::Escalated,
            Self::Failed | Self::NoAnswer | Self::Busy | Self::Abandoned | Self::Refused => {
                CallStatus::Failed
            }
        }
    }
}
