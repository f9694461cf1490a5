use serde::{Deserialize, Serialize};

use super::Source;
use crate::values::{Channel, Purpose, Technology, Timestamp};

/// Whether organization, seller and campaign may contact anybody at all.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Standing {
    /// Everything is stopped.
    pub stopped: Option<bool>,
    pub campaign_paused: Option<bool>,
    pub seller_verified: Option<bool>,
    /// Names of registrations held, or of which the seller is exempt, as the packs have them.
    pub registrations: Vec<String>,
    /// There is an agreement that allows health data.
    pub health_agreement: Option<bool>,
    /// The rule packs somebody approved, by their digests.
    pub approved: Option<Vec<String>>,
    /// Whom a disclosure means that names no seller.
    pub presumed_seller: Option<String>,
}

/// What kind of line the number is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Line {
    pub source: Source,
    pub kind: Option<LineKind>,
    /// On a list of lines nobody may call: emergency services, patients' rooms.
    pub prohibited: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    Wireless,
    /// A landline at somebody's home.
    Residential,
    Business,
    Voip,
}

/// An earlier contact, or one under way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attempt {
    pub source: Source,
    /// `None`: may be this one.
    pub seller: Option<String>,
    pub at: Timestamp,
    pub channel: Channel,
    pub technology: Option<Technology>,
    pub purpose: Option<Purpose>,
    /// `None`: may be this one.
    pub subject: Option<String>,
}

/// How a campaign did in the window the rules look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Campaign {
    pub source: Source,
    /// Calls a person answered.
    pub answered: u64,
    /// Those of them that found nobody at our end.
    pub abandoned: u64,
}

/// What an organization decided for itself, where the packs leave it the choice. Rules of states stay as they are.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Settings {
    /// A withdrawal in reply to one message reaches all that need consent.
    pub revoke_all: bool,
    /// Attempts in the window of the general rule, in place of its number.
    pub attempts: Option<u32>,
    pub healthcare_exemption: bool,
}
