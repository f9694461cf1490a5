//! Words that calls, leads and consent share.

use serde::{Deserialize, Serialize};

/// How a person is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Channel {
    Voice,
    Sms,
    Email,
}

/// What a contact is for. `marketing` includes every call that encourages a purchase, rental or investment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Purpose {
    Marketing,
    Informational,
    Transactional,
    Healthcare,
    Emergency,
}

/// The means a contact is made with; what consent must cover depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Technology {
    /// An artificial voice that converses.
    AiVoice,
    /// A recorded message.
    Prerecorded,
    /// A human who dials by hand.
    Manual,
    Sms,
}
