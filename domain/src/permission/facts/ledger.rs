use serde::{Deserialize, Serialize};

use super::Source;
use crate::consent::ConsentLevel;
use crate::values::{Channel, Purpose, Technology, Timestamp};

/// What the contact point allowed and withdrew.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ledger {
    pub grants: Vec<Grant>,
    pub revocations: Vec<Revocation>,
}

/// A consent given.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grant {
    pub source: Source,
    pub channels: Vec<Channel>,
    /// Empty: by whatever means.
    pub technologies: Vec<Technology>,
    pub purposes: Vec<Purpose>,
    pub level: ConsentLevel,
    /// The sellers the disclosure named.
    pub sellers: Vec<String>,
    pub given_at: Timestamp,
    /// When its evidence was captured: it never counts as given after that.
    pub captured_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    /// The disclosure is there as it was shown or read.
    pub has_disclosure: bool,
    /// An act that counts as signing is there.
    pub has_signature: bool,
    /// The person did something; false where it came with a list.
    pub affirmative: bool,
}

impl Grant {
    /// When it was given, for the purpose of outweighing something else; of two at one instant the one recorded later
    /// is the later.
    pub(in crate::permission) fn place(&self) -> (Timestamp, Timestamp) {
        (self.given_at.min(self.captured_at), self.source.recorded_at)
    }
}

/// A consent withdrawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Revocation {
    pub source: Source,
    /// Empty: all of them.
    pub channels: Vec<Channel>,
    /// Empty: all of them.
    pub purposes: Vec<Purpose>,
    /// `None`: all sellers of the organization.
    pub seller: Option<String>,
    /// What it answered, where that says how far it reaches.
    pub reply_to: Option<ReplyTo>,
    pub occurred_at: Timestamp,
    /// How it was understood: a keyword, or the row and phrase of the pack.
    pub understood_by: Option<String>,
}

/// The message a withdrawal answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplyTo {
    pub purpose: Option<Purpose>,
    pub topic: Option<String>,
    /// It had been sent without consent, under an exemption.
    pub exempted: bool,
}
