//! What the rules of a pack say in detail. Lists of channels, technologies, purposes and lines that are left out mean
//! all of them.

use serde::{Deserialize, Serialize};

use super::{DayRule, Week};
use crate::consent::ConsentLevel;
use crate::permission::duty::Obligation;
use crate::permission::places::State;
use crate::values::{Channel, Purpose, Technology};

/// When people may be contacted, local time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// Absent: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    pub week: Week,
    /// Holidays on which nobody may be contacted at all; `federal` for all of those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed_on: Vec<String>,
    pub purposes: Vec<Purpose>,
}

/// A day other rules refer to by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    pub name: String,
    pub on: DayRule,
    /// Made up for on a working day where it falls on a weekend.
    pub observed: bool,
    /// One of the public holidays of 5 USC 6103, on which no business is done.
    pub federal: bool,
}

/// How strong a consent must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    None,
    Pec,
    OptIn,
    Pewc,
}

impl Need {
    /// The level, where one is needed.
    #[must_use]
    pub fn level(self) -> Option<ConsentLevel> {
        match self {
            Self::None => None,
            Self::Pec => Some(ConsentLevel::Pec),
            Self::OptIn => Some(ConsentLevel::OptIn),
            Self::Pewc => Some(ConsentLevel::Pewc),
        }
    }
}

/// The consent a contact needs. Of the rows that match, the strongest counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentNeed {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    pub channels: Vec<Channel>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub technologies: Vec<Technology>,
    pub purposes: Vec<Purpose>,
    pub level: Need,
}

/// What a consent must show to be provable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceNeed {
    pub level: ConsentLevel,
    pub parts: Vec<EvidencePart>,
}

/// A part of the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidencePart {
    /// The disclosure as it was shown or read.
    Disclosure,
    /// An act that counts as signing.
    Signature,
    /// The sellers the disclosure named.
    Sellers,
}

/// What follows from a withdrawal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevocationTerms {
    /// Business days after which it must be honoured by law; the engine honours it at once.
    pub legal_deadline_business_days: u32,
    /// How long after it one confirmation may be sent.
    pub confirmation_seconds: i64,
}

/// How far a withdrawal given in reply to one message reaches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeAll {
    /// Beyond the topic replied to.
    pub across_topics: bool,
    /// In reply to a message that was exempt from consent: to all but emergencies.
    pub exempted_reaches_all: bool,
}

/// How long an established business relationship lasts, in calendar months.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relationship {
    pub purchase_months: u32,
    pub inquiry_months: u32,
}

/// How old an extract of a do-not-call list may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    pub max_age_days: u32,
}

/// What is asked of the Reassigned Numbers Database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReassignedTerms {
    pub max_age_days: u32,
    /// Contacts by these means and for these purposes need a recent answer of `no`.
    pub technologies: Vec<Technology>,
    pub purposes: Vec<Purpose>,
}

/// How far behind the facts a decision rests on may be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lag {
    pub max_seconds: i64,
}

/// How often somebody may be contacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frequency {
    /// Absent: everywhere; a tenant may set another number for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    pub attempts: u32,
    pub hours: u32,
    /// Only attempts about the same subject count.
    pub same_subject: bool,
    pub purposes: Vec<Purpose>,
}

/// How many answered calls of a campaign may find nobody at the other end, in thousandths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Abandonment {
    pub warn_per_mille: u64,
    pub throttle_per_mille: u64,
    pub stop_per_mille: u64,
    pub window_days: u32,
}

/// Messages on somebody's health that need no consent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HealthcareExemption {
    /// Where false, a tenant cannot use it whatever its settings.
    pub available: bool,
    pub per_day: u32,
    pub per_week: u32,
}

/// Calls to residential lines that sell nothing and need no consent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidentialExemption {
    pub attempts: u32,
    pub days: u32,
    pub purposes: Vec<Purpose>,
}

/// The longest an allowing decision may be relied on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    pub seconds: i64,
}

/// What lifts a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lift {
    WrittenConsent,
    Relationship,
}

/// A state that keeps a do-not-call list of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateList {
    pub state: State,
    pub lifted_by: Vec<Lift>,
}

/// What lifts a listing on the national list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NationalListTerms {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    pub channels: Vec<Channel>,
    pub lifted_by: Vec<Lift>,
}

/// A registration a seller needs, or an exemption from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    pub channels: Vec<Channel>,
    pub purposes: Vec<Purpose>,
}

/// Something that holds in one state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfState {
    pub state: State,
}

/// Who must agree to a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordingParties {
    /// Absent: wherever no row of a state says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    pub parties: Parties,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Parties {
    One,
    All,
}

/// Marketing that needs an affirmative opt-in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptIn {
    pub purposes: Vec<Purpose>,
    /// Channels on which an existing customer may be written to about similar goods without one.
    pub soft: Vec<Channel>,
}

/// Something whoever makes the contact must do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Duty {
    pub obligation: Obligation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    pub channels: Vec<Channel>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub technologies: Vec<Technology>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<Purpose>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within_seconds: Option<u32>,
}

/// Words people use, as [`crate::permission::opt_out`] reads them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    pub meaning: Meaning,
    pub phrases: Vec<String>,
}

/// What words mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// A message of just these words withdraws, per se.
    OptOutKeyword,
    /// A message of just these words opts in again.
    OptInKeyword,
    /// A message of just these words asks for help.
    HelpKeyword,
    /// These words, anywhere, withdraw.
    OptOut,
    /// These words, anywhere, may withdraw: taken as a withdrawal, and looked at.
    Ambiguous,
    /// These words, anywhere, are none even though words in them could be.
    Harmless,
}
