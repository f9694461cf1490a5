use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Source;
use crate::permission::places::State;
use crate::values::Timestamp;

/// A seller's right to look into the national do-not-call list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RegistryAccess {
    pub source: Source,
    pub valid_until: Timestamp,
    /// The area codes paid for; empty: all of them.
    pub area_codes: Vec<u16>,
}

/// What an extract of a list says about the number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListAnswer {
    /// Its fact names the extract.
    pub source: Source,
    pub listed: bool,
    /// When the extract was taken.
    pub as_of: Timestamp,
}

/// The same of a state's list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateAnswer {
    pub state: State,
    pub answer: ListAnswer,
}

/// An entry on a do-not-call list of our own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Listing {
    pub source: Source,
    /// `None`: all sellers of the organization.
    pub seller: Option<String>,
    pub since: Timestamp,
}

/// An entry on a list of people nobody contacts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Suppression {
    pub source: Source,
    pub kind: SuppressionKind,
    pub since: Timestamp,
}

/// Why nobody contacts a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum SuppressionKind {
    Litigator,
    WrongNumber,
    Deceased,
    Minor,
    LegalHold,
    /// The person had everything erased. Only a new act of their own lifts it.
    Erased,
    /// The person objected to marketing (GDPR Art. 21(3)). Only a new act of their own lifts it.
    Objection,
}

impl SuppressionKind {
    /// Whether the person wished it, so that only a new act of their own lifts it.
    #[must_use]
    pub fn is_own_wish(self) -> bool {
        matches!(self, Self::Erased | Self::Objection)
    }
}

/// What the Reassigned Numbers Database says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReassignedAnswer {
    pub source: Source,
    pub answer: Reassigned,
    /// When it was asked.
    pub asked_at: Timestamp,
    /// The day it was asked about: that of the consent, by the calendar of Washington.
    pub about: NaiveDate,
}

/// Whether the number was given up on or after the day asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reassigned {
    Yes,
    No,
    NoData,
}

/// Business between seller and person.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Business {
    /// The last purchase or transaction.
    pub purchase: Option<(Source, Timestamp)>,
    /// The last inquiry or application.
    pub inquiry: Option<(Source, Timestamp)>,
}
