//! Rule packs: what the law and the carriers ask for, as dated, versioned and cited data.
//!
//! **Engineering data for counsel to review, never legal advice.** Every row says where it comes from, how sure we are
//! and what counsel should look at. The packs shipped lie in `domain/packs/`; `docs/COMPLIANCE.md` lists what they
//! enforce and how to change them.
//!
//! Promises: a pack that `Pack::parse` accepts is complete and consistent for every day from its first on, so a
//! decision never finds a hole; its identity covers its content, whatever its layout; and two packs compare row by row.
//!
//! Days begin and end in Washington (`America/New_York`): a state law that begins on 1 January begins there some hours
//! early in the west.

mod book;
mod check;
mod day;
mod diff;
mod read;
mod rules;
mod shipped;
#[cfg(test)]
mod spec;
mod terms;
mod week;

use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(super) use book::washington;
pub use book::{Applied, Book, PackSet};
pub use day::DayRule;
pub use diff::{Change, diff};
pub use read::Fault;
pub use rules::Says;
pub use shipped::{SHIPPED, shipped};
pub use terms::*;
pub use week::Week;

use super::places::Country;

/// The packs a decision rests on; one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PackName {
    /// Federal rules of the United States.
    UsCore,
    /// Those of its states.
    UsStates,
    /// Who must know of a recording.
    Recording,
    /// What carriers ask of text messages, and the words people withdraw with.
    Ctia,
    /// European rules on marketing.
    Eu,
}

impl PackName {
    pub const ALL: [Self; 5] = [Self::UsCore, Self::UsStates, Self::Recording, Self::Ctia, Self::Eu];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UsCore => "us-core",
            Self::UsStates => "us-states",
            Self::Recording => "recording",
            Self::Ctia => "ctia",
            Self::Eu => "eu",
        }
    }
}

/// A rule pack as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    pub name: PackName,
    /// Year and month of its making, and a number where there are several: `2026.11`, `2026.11.2`.
    pub version: String,
    /// The first day it may be used on.
    pub effective_from: NaiveDate,
    /// The last day it may be used on without somebody having looked at it again.
    pub review_by: NaiveDate,
    /// Says that it is no legal advice.
    pub notice: String,
    /// Where its rules hold.
    pub countries: Vec<Country>,
    #[serde(rename = "row")]
    pub rows: Vec<Row>,
}

/// One rule for one span of days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Names the rule; rows of one id follow each other in time.
    pub id: String,
    /// The first day.
    pub from: NaiveDate,
    /// The first day on which it no longer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
    pub citation: Citation,
    pub confidence: Confidence,
    /// What counsel should look at.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    pub says: Says,
}

impl Row {
    #[must_use]
    pub fn is_in_force(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// The provision, such as `47 CFR 64.1200(c)(1)`.
    pub text: String,
    pub url: String,
}

/// How sure we are of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// The text itself was seen.
    Primary,
    /// Sources that quote or explain it were seen, and agree.
    Secondary,
    /// Sources disagree or are thin; the stricter reading was taken.
    Low,
    /// From general knowledge, not looked up again.
    Unchecked,
    /// No law: a choice of ours.
    Policy,
}

/// Which pack exactly: name and version for people, a digest of the content for certainty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PackId {
    pub name: PackName,
    pub version: String,
    /// SHA-256 of the content, in hexadecimal. Comments, order of keys and layout do not count.
    pub sha256: String,
}

impl fmt::Display for PackId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name.as_str(), self.version)
    }
}

impl Pack {
    /// Its identity.
    #[must_use]
    pub fn id(&self) -> PackId {
        // Fields are written in the order of their declaration, so equal packs are equal bytes.
        let content = serde_json::to_vec(self).unwrap_or_default();
        let digest = Sha256::digest(&content);
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        PackId { name: self.name, version: self.version.clone(), sha256 }
    }
}
