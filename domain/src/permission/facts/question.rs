use serde::{Deserialize, Serialize};

use super::{FactId, Source};
use crate::permission::places::State;
use crate::values::Timestamp;

/// What is going to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Content {
    /// Something in it encourages a purchase, rental or investment.
    Marketing,
    /// Nothing in it does.
    Other,
}

/// The circumstances of the contact.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Context {
    pub emergency: Option<Emergency>,
    pub confirmation: Option<Confirmation>,
    pub inbound: Option<Inbound>,
    /// Whether the person pays nothing for it.
    pub free_to_end_user: Option<bool>,
    /// Whether a recording is wanted.
    pub recording: Option<bool>,
    /// Where the call is placed from.
    pub caller_state: Option<State>,
}

/// Somebody's word that it is an emergency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Emergency {
    pub source: Source,
    pub reason: String,
}

/// This is the one text that confirms a withdrawal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Confirmation {
    /// The withdrawal.
    pub revocation: FactId,
    /// How many confirmations of it were sent already.
    pub sent_before: Option<u32>,
}

/// The person turned to us.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inbound {
    pub source: Source,
    pub at: Timestamp,
    pub kind: InboundKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum InboundKind {
    /// The person is on the line.
    LiveCall,
    /// The person wrote, and this answers.
    Message {
        /// How often it was answered already.
        answered_before: Option<u32>,
        /// Whether the answer is on what was asked.
        same_topic: Option<bool>,
    },
}
