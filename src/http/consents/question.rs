use seiketsu_domain::permission::facts::{Content, InboundKind};
use seiketsu_domain::permission::places::State;
use seiketsu_domain::values::{Channel, Contact, Name, Purpose, Reason, Technology, Timestamp, Token};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::permission::Asked;

/// Whether a contact is permitted. What is left out is not known, and denies wherever it matters.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PermissionQuestion {
    contact: Contact,
    channel: Channel,
    purpose: Purpose,
    /// Where absent, what the channel usually means: an artificial voice, a text message.
    technology: Option<Technology>,
    /// The time of the contact; now where absent.
    at: Option<Timestamp>,
    /// Answer from what had been recorded by this time. Such an answer looks back: it carries no permit and is not
    /// itself recorded.
    pub(super) known_at: Option<Timestamp>,
    /// The state the call is placed from.
    #[schema(value_type = Option<String>, example = "CA")]
    caller_state: Option<State>,
    /// In whose name the contact is made; where absent, the first seller of the compliance profile.
    seller: Option<Name>,
    /// The matter it is about, as rules on frequency count it; where absent, every earlier contact counts.
    subject: Option<Token>,
    /// The kind of message, as people choose them: `billing`, `delivery`.
    topic: Option<Token>,
    /// What is going to be said, by whoever classified it. Needed for everything but marketing.
    content: Option<Content>,
    /// Whether a recording is wanted.
    recording: Option<bool>,
    /// Whether the person pays nothing for it.
    free_to_end_user: Option<bool>,
    emergency: Option<EmergencyClaim>,
    inbound: Option<InboundClaim>,
    campaign: Option<CampaignClaim>,
}

/// Somebody's word that it is an emergency.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EmergencyClaim {
    reason: Reason,
}

/// The person turned to us.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InboundClaim {
    kind: InboundClaimKind,
    /// When; at the time of the contact where absent.
    at: Option<Timestamp>,
    /// For messages: how often it was answered already.
    answered_before: Option<u32>,
    /// For messages: whether the answer is on what was asked.
    same_topic: Option<bool>,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InboundClaimKind {
    /// The person is on the line.
    LiveCall,
    /// The person wrote, and this answers.
    Message,
}

/// The campaign the contact is part of, and how it did in the last thirty days.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CampaignClaim {
    /// Calls a person answered.
    answered: u64,
    /// Those of them that found nobody at our end.
    abandoned: u64,
    #[serde(default)]
    paused: bool,
}

impl PermissionQuestion {
    /// The question at `now`, on what was known by `known_at`.
    pub(super) fn asked(self, now: Timestamp, known_at: Timestamp) -> Asked {
        let at = self.at.unwrap_or(now);
        Asked {
            seller: self.seller,
            technology: self.technology,
            content: self.content,
            subject: self.subject,
            topic: self.topic,
            known_at,
            caller_state: self.caller_state,
            recording: self.recording,
            free_to_end_user: self.free_to_end_user,
            emergency: self.emergency.map(|claim| claim.reason),
            inbound: self.inbound.map(|claim| claim.told(at)),
            campaign: self.campaign.as_ref().map(|claim| (claim.answered, claim.abandoned)),
            campaign_paused: self.campaign.is_some_and(|claim| claim.paused),
            ..Asked::plain(self.contact, self.channel, self.purpose, at)
        }
    }
}

impl InboundClaim {
    fn told(&self, at: Timestamp) -> (InboundKind, Timestamp) {
        let kind = match self.kind {
            InboundClaimKind::LiveCall => InboundKind::LiveCall,
            InboundClaimKind::Message => {
                InboundKind::Message { answered_before: self.answered_before, same_topic: self.same_topic }
            }
        };
        (kind, self.at.unwrap_or(at))
    }
}
