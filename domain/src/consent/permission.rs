//! Whether a contact is permitted, by what one ledger knows.
//!
//! Every rule is evaluated and reported; one that fails denies, whatever the others say, and the first in order is the
//! primary reason. What is not known denies. Only an emergency goes past the rules on consent, and is flagged for a
//! person to look at.

use serde::{Deserialize, Serialize};

use super::rules::Case;
use super::{Consent, ConsentLevel};
use crate::values::{Channel, Contact, Purpose, Technology, Timestamp};

/// The rules a decision was made by; recorded with each.
pub const POLICY_PACK: &str = "core@2026.11";

/// How long a permit lasts.
pub const PERMIT_SECONDS: i64 = 30;

/// The answer as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Effect {
    Allow,
    Deny,
}

/// What one rule says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FindingEffect {
    Allow,
    Deny,
    /// It would deny, were this not an emergency.
    Bypassed,
}

/// The rules, in the order in which they become the primary reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Rule {
    /// An emergency goes past consent; listed only for one.
    Emergency,
    /// Nothing that covers the contact may stand withdrawn.
    Revoked,
    /// The contact point must not be on the organization's own list, unless written consent was given since.
    InternalDnc,
    /// Some grant must cover channel, purpose and technology.
    ConsentMissing,
    /// One of these must be of the level needed.
    ConsentLevel,
    /// One of these must be in force at the moment asked about.
    ConsentExpired,
    /// A phone is called and texted, a mailbox is written to.
    ContactChannelMismatch,
}

/// What one rule found, and the facts it looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Finding {
    pub rule: Rule,
    /// Of the rule.
    pub version: i32,
    pub effect: FindingEffect,
    pub detail: String,
    /// Events of the ledger, by sequence number.
    pub facts: Vec<i64>,
}

/// What whoever makes an allowed contact must do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Obligation {
    /// Say at the start who is calling (47 CFR 64.1200(b)(1)).
    IdentifyCaller,
    /// Say that the voice is artificial.
    AiDisclosure,
    /// Offer a way to opt out (47 CFR 64.1200(b)(3)).
    OptOutMechanism,
    /// Announce a recording before it begins.
    RecordingNotice,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub contact: Contact,
    pub channel: Channel,
    pub purpose: Purpose,
    /// Where absent, what the channel usually means.
    pub technology: Option<Technology>,
    /// The time of the contact. It matters to when consents begin and end; a revocation counts whenever it occurred.
    pub moment: Timestamp,
}

impl Question {
    /// The technology asked about: as given, or an artificial voice for calls and text for messages.
    #[must_use]
    pub fn means(&self) -> Option<Technology> {
        self.technology.or(match self.channel {
            Channel::Voice => Some(Technology::AiVoice),
            Channel::Sms => Some(Technology::Sms),
            Channel::Email => None,
        })
    }

    /// Whether the technology can serve the channel.
    #[must_use]
    pub fn means_fit_channel(&self) -> bool {
        match self.channel {
            Channel::Voice => self.means() != Some(Technology::Sms),
            Channel::Sms => self.means() == Some(Technology::Sms),
            Channel::Email => self.means().is_none(),
        }
    }
}

/// The answer, with all that led to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Permission {
    pub effect: Effect,
    /// The first rule that failed; absent where all passed.
    pub primary: Option<Rule>,
    /// Allowed as an emergency, which somebody should look at afterwards.
    pub flagged: bool,
    pub reasons: Vec<Finding>,
    pub obligations: Vec<Obligation>,
    /// When asking again may get another answer.
    pub retry_at: Option<Timestamp>,
    pub policy_pack: &'static str,
    /// The ledger's fence at the time of the answer.
    pub fence: i64,
}

/// Answers a question from the ledger alone. Pure, total, and a matter of microseconds.
///
/// **Not evaluated here**: calling hours and holidays (47 CFR 64.1200(c)(1) and state law), the national and state
/// do-not-call lists, how often somebody was contacted, reassigned numbers, exemptions other than emergencies and
/// calls dialled by hand, line types, and how revoking one purpose reaches others. An allow says that consent does not
/// stand in the way, and no more.
#[must_use]
pub fn decide_permission(state: &Consent, question: &Question) -> Permission {
    let case = Case::new(state, question);
    let reasons = case.findings();
    let primary = reasons.iter().find(|finding| finding.effect == FindingEffect::Deny).map(|f| f.rule);
    let effect = if primary.is_none() { Effect::Allow } else { Effect::Deny };
    Permission {
        effect,
        primary,
        flagged: effect == Effect::Allow && question.purpose == Purpose::Emergency,
        obligations: if effect == Effect::Allow { obligations(question) } else { vec![] },
        retry_at: case.retry_at(&reasons),
        reasons,
        policy_pack: POLICY_PACK,
        fence: state.fence,
    }
}

/// The level of consent a contact needs, `None` where it needs none: written consent for marketing by artificial or
/// recorded voice and by text (47 CFR 64.1200(a)(2)-(3)), an opt-in for marketing by email, plain consent for all else;
/// calls dialled by hand and emergencies need none.
#[must_use]
pub fn required_level(
    channel: Channel,
    purpose: Purpose,
    technology: Option<Technology>,
) -> Option<ConsentLevel> {
    match (channel, purpose, technology) {
        (_, Purpose::Emergency, _) | (Channel::Voice, _, Some(Technology::Manual)) => None,
        (Channel::Voice | Channel::Sms, Purpose::Marketing, _) => Some(ConsentLevel::Pewc),
        (Channel::Email, Purpose::Marketing, _) => Some(ConsentLevel::OptIn),
        _ => Some(ConsentLevel::Pec),
    }
}

fn obligations(question: &Question) -> Vec<Obligation> {
    let duties = [
        (Obligation::IdentifyCaller, true),
        (Obligation::AiDisclosure, question.means() == Some(Technology::AiVoice)),
        (Obligation::OptOutMechanism, question.purpose == Purpose::Marketing),
        (Obligation::RecordingNotice, question.channel == Channel::Voice),
    ];
    duties.into_iter().filter_map(|(duty, applies)| applies.then_some(duty)).collect()
}
