//! Everything a decision looks at, as plain data: whoever asks gathers it, and keeps it beside the decision, which can
//! then be repeated.
//!
//! `None` means that nobody knows, which is never the same as no: it denies wherever it matters. A fact of another
//! organization, or one recorded after the time asked about, does not count and is never named.

mod contact;
mod ledger;
mod lists;
mod question;
mod standing;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use ledger::{Grant, Ledger, ReplyTo, Revocation};
pub use lists::{
    Business, ListAnswer, Listing, Reassigned, ReassignedAnswer, RegistryAccess, StateAnswer, Suppression,
    SuppressionKind,
};
pub use question::{Confirmation, Content, Context, Emergency, Inbound, InboundKind};
pub use standing::{Attempt, Campaign, Line, LineKind, Settings, Standing};

use super::duty::Obligation;
use super::places::{Evidence, StateSet};
use crate::ids::TenantId;
use crate::values::{Channel, Contact, Purpose, Technology, Timestamp};

/// Names a fact, so that an auditor can look it up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FactId {
    /// What the question itself states.
    Request,
    /// An event of the contact point's ledger, by its place in it.
    Ledger(i64),
    /// Any other event.
    Event(Uuid),
    /// A record of a data set, such as an extract of a list; names the extract.
    Snapshot(String),
}

/// Where a fact comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    pub fact: FactId,
    /// Whose it is.
    pub organization: TenantId,
    /// When we learnt of it.
    pub recorded_at: Timestamp,
}

/// How far a stream had been read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Position {
    /// Such as `consent`, `suppression`, `frequency`.
    pub stream: String,
    pub version: i64,
}

/// The complete input of a decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Facts {
    pub organization: TenantId,
    /// In whose name the contact is made: consent, lists and frequency are counted per seller.
    pub seller: String,
    /// `None`: what was given is no number or address that anybody can have.
    pub contact: Option<Contact>,
    pub channel: Channel,
    /// `None`: what the channel usually means, of which the strictest is taken.
    pub technology: Option<Technology>,
    pub purpose: Option<Purpose>,
    /// What is going to be said, by whoever classified it. Not needed for marketing.
    pub content: Option<Content>,
    /// What a contact is about, as frequency rules count it.
    pub subject: Option<String>,
    /// The kind of message, as people choose them: `billing`, `delivery`.
    pub topic: Option<String>,
    /// The time of the contact.
    pub at: Timestamp,
    /// What was recorded later does not count.
    pub known_at: Timestamp,
    pub context: Context,
    pub line: Option<Line>,
    pub places: Evidence,
    pub standing: Standing,
    /// How far what was read may be behind what was recorded.
    pub lag_seconds: Option<i64>,
    pub registry: Option<RegistryAccess>,
    pub ledger: Option<Ledger>,
    pub internal_dnc: Option<Vec<Listing>>,
    pub suppressions: Option<Vec<Suppression>>,
    pub reassigned: Option<ReassignedAnswer>,
    pub national_list: Option<ListAnswer>,
    pub state_lists: Vec<StateAnswer>,
    /// What business there was between seller and person; empty: none.
    pub business: Business,
    /// Earlier contacts of the organization with this contact point, of the last thirty days at least.
    pub attempts: Option<Vec<Attempt>>,
    pub campaign: Option<Campaign>,
    /// States in which an emergency is declared.
    pub emergencies: Option<StateSet>,
    /// What whoever makes the contact is set up to do.
    pub abilities: Vec<Obligation>,
    pub settings: Settings,
    pub positions: Vec<Position>,
}

impl Facts {
    /// Whether a fact is the organization's own, and was known at the time.
    #[must_use]
    pub fn counts(&self, source: &Source) -> bool {
        source.organization == self.organization && source.recorded_at <= self.known_at
    }

    /// Whether something had happened by the time of the contact. News of it that came before does as well: somebody's
    /// clock may be ahead.
    #[must_use]
    pub fn had_happened(&self, when: Timestamp, source: &Source) -> bool {
        when.min(source.recorded_at) <= self.at
    }

    /// The technology asked about: as given, or an artificial voice for calls and text for messages.
    #[must_use]
    pub fn means(&self) -> Option<Technology> {
        self.technology.or(match self.channel {
            Channel::Voice => Some(Technology::AiVoice),
            Channel::Sms => Some(Technology::Sms),
            Channel::Email => None,
        })
    }
}
