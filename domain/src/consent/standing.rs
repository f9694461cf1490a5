use serde::{Deserialize, Serialize};

use super::ledger::Place;
use super::{BusinessNoted, Suppressed};
use crate::ids::UserId;
use crate::permission::facts::SuppressionKind;
use crate::values::{Reason, Source, Timestamp};

/// Why nobody contacts a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Suppression {
    /// The event it comes from, by its place in the ledger.
    pub sequence: i64,
    pub kind: SuppressionKind,
    pub reason: Reason,
    pub since: Timestamp,
    pub recorded_at: Timestamp,
    pub by: UserId,
}

impl Suppression {
    pub(super) fn place(&self) -> Place {
        (self.since, self.sequence)
    }

    pub(super) fn of(suppressed: &Suppressed, sequence: i64) -> Self {
        Self {
            sequence,
            kind: suppressed.kind,
            reason: suppressed.reason.clone(),
            since: suppressed.at,
            recorded_at: suppressed.recorded_at,
            by: suppressed.by,
        }
    }
}

/// What makes an established business relationship (47 CFR 64.1200(f)(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum BusinessKind {
    /// A purchase or transaction.
    Purchase,
    /// An inquiry or application.
    Inquiry,
}

/// Business with the person: of each kind the latest that is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Business {
    /// The event it comes from, by its place in the ledger.
    pub sequence: i64,
    pub kind: BusinessKind,
    /// Where it is on record.
    pub source: Source,
    pub occurred_at: Timestamp,
    pub recorded_at: Timestamp,
}

impl Business {
    pub(super) fn of(noted: &BusinessNoted, sequence: i64) -> Self {
        Self {
            sequence,
            kind: noted.kind,
            source: noted.source.clone(),
            occurred_at: noted.at,
            recorded_at: noted.recorded_at,
        }
    }
}
