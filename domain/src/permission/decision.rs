use serde::{Deserialize, Serialize};

use super::duty::Due;
use super::facts::{FactId, Position};
use super::finding::Finding;
use super::pack::PackId;
use super::places::{Basis, Country, StateSet};
use super::rule::Rule;
use crate::values::Timestamp;

/// The answer as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Effect {
    Allow,
    Deny,
}

/// The answer, with all that led to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decision {
    pub effect: Effect,
    /// The first rule that denies, in the order of [`Rule::ALL`]; absent where none does.
    pub primary: Option<Rule>,
    /// Allowed as an emergency, or past something else that somebody should look at.
    pub flagged: bool,
    /// Every rule, in order.
    pub findings: Vec<Finding>,
    /// What an allowed contact obliges to; empty where denied.
    pub obligations: Vec<Due>,
    /// The earliest moment at which hours and frequency would allow it in every place the person may be; only where
    /// nothing else is in the way, and within two weeks.
    pub retry_at: Option<Timestamp>,
    /// How long an allow may be relied on; absent where denied.
    pub valid_until: Option<Timestamp>,
    pub location: Location,
    pub inputs: Inputs,
}

/// Where the person may be, by what was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Location {
    pub basis: Basis,
    pub country: Option<Country>,
    /// With those that presume residence by area code.
    pub states: StateSet,
    pub zones: Vec<chrono_tz::Tz>,
}

/// What the decision was made from, beside the facts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inputs {
    pub at: Timestamp,
    pub known_at: Timestamp,
    pub packs: Vec<PackId>,
    /// The release of the IANA time zone data.
    pub time_zones: String,
    /// The version of the table of area codes that comes with this build.
    pub places: String,
    /// Extracts of lists.
    pub snapshots: Vec<FactId>,
    pub positions: Vec<Position>,
}

impl Decision {
    /// What a rule found.
    #[must_use]
    pub fn finding(&self, rule: Rule) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.rule == rule)
    }

    /// The packs in the form `us-core@2026.11 us-states@2026.11 …`.
    #[must_use]
    pub fn policy_pack(&self) -> String {
        self.inputs.packs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
}
