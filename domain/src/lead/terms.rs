use serde::{Deserialize, Serialize};

use crate::ids::FollowUpId;
use crate::values::{CurrencyCode, Note, Place, Score, Timestamp};

/// Where a lead stands on the way from stranger to client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LeadStatus {
    #[default]
    New,
    Contacted,
    Qualified,
    AppointmentSet,
    Converted,
    Lost,
}

impl LeadStatus {
    /// The lowest score that makes a lead a qualified one: the warm ones and better.
    pub const QUALIFIED_FROM: u8 = 40;

    /// Whether it is neither won nor lost.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Converted | Self::Lost)
    }

    /// Where a contact leads: forward from the very beginning, nowhere from anywhere else.
    #[must_use]
    pub fn when_contacted(self) -> Self {
        match self {
            Self::New => Self::Contacted,
            further => further,
        }
    }

    /// Where a score leads.
    #[must_use]
    pub fn when_scored(self, score: Score) -> Self {
        match self {
            Self::New | Self::Contacted if score.points() >= Self::QUALIFIED_FROM => Self::Qualified,
            unmoved => unmoved,
        }
    }
}

/// A time agreed on to meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Appointment {
    pub starts_at: Timestamp,
    pub ends_at: Option<Timestamp>,
    pub place: Option<Place>,
}

/// What a won lead brought; both absent where nobody said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conversion {
    pub value_cents: Option<i64>,
    pub currency: Option<CurrencyCode>,
}

/// A plan to get in touch again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FollowUp {
    pub id: FollowUpId,
    pub due_at: Timestamp,
    pub note: Option<Note>,
    pub status: FollowUpStatus,
}

/// How far a follow-up has come. A lead shows only those it still waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FollowUpStatus {
    #[default]
    Scheduled,
}
