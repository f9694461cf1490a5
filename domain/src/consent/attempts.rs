use serde::{Deserialize, Serialize};

use crate::ids::CallId;
use crate::values::{Channel, Name, Purpose, Technology, Timestamp, Token};

/// What a contact is, as rules on frequency count it. What is unknown counts as the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct About {
    /// In whose name it is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller: Option<Name>,
    pub channel: Channel,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technology: Option<Technology>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// The matter it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Token>,
}

impl About {
    /// A contact of which nothing but its channel is known.
    #[must_use]
    pub fn unknown(channel: Channel) -> Self {
        Self { seller: None, channel, technology: None, purpose: None, subject: None }
    }
}

/// A contact made, or begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attempt {
    /// The event it comes from, by its place in the ledger.
    pub sequence: i64,
    pub call_id: CallId,
    pub about: About,
    pub at: Timestamp,
}

/// Contacts of the last thirty days, the latest last.
///
/// Bounded without ever counting too few of them, for limits of up to [`Attempts::LIMIT`] contacts: beyond
/// [`Attempts::KEPT`] the older ones lose what they were about, so that they count for everything, and of those the
/// latest [`Attempts::LIMIT`] stay. One that goes is older than as many that every count has in common.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Attempts(Vec<Attempt>);

impl Attempts {
    /// The highest limit anybody may set.
    pub const LIMIT: usize = 100;
    /// How many are kept with all they were about.
    pub const KEPT: usize = 200;
    /// A day more than the longest window of a rule.
    const SECONDS: i64 = 31 * 86_400;

    /// All of them, the latest last.
    #[must_use]
    pub fn all(&self) -> &[Attempt] {
        &self.0
    }

    pub(super) fn add(&mut self, attempt: Attempt) {
        let now = self.0.iter().map(|known| known.at).max().map_or(attempt.at, |last| last.max(attempt.at));
        self.0.push(attempt);
        self.0.retain(|known| known.at > now.plus_seconds(-Self::SECONDS));
        self.0.sort_by_key(|known| (known.at, known.sequence));
        if let Some(older) = self.0.len().checked_sub(Self::KEPT).filter(|older| *older > 0) {
            self.0[..older].iter_mut().for_each(|known| known.about = About::unknown(Channel::Voice));
            self.0.drain(..older.saturating_sub(Self::LIMIT));
        }
    }
}
