use serde::{Deserialize, Serialize};

use super::{
    About, BusinessKind, CallerState, ConsentLevel, Effect, Evidence, Finding, GrantMethod, Obligation,
    RevocationMethod, Rule,
};
use crate::event::Upcast;
use crate::ids::{CallId, ConsentId, DecisionId, GrantId, LeadId, PermitId, TenantId, UserId};
use crate::permission::facts::SuppressionKind;
use crate::values::{Channel, Contact, Note, Purpose, Reason, Source, Technology, Timestamp};

crate::events! {
    /// What can happen to a ledger of consent.
    pub enum ConsentEvent {
        /// The person agreed.
        Granted(Granted) = "consent.granted" v 1,
        /// The person withdrew.
        Revoked(Revoked) = "consent.revoked" v 1,
        /// Somebody asked whether a contact is permitted, and got an answer.
        Checked(Checked) = "consent.checked" v 1,
        /// A permit was used for a call.
        PermitRedeemed(PermitRedeemed) = "consent.permit_redeemed" v 1,
        /// The contact point is on the organization's own do-not-call list.
        DncListed(DncListed) = "consent.dnc_listed" v 1,
        /// It no longer is.
        DncDelisted(DncDelisted) = "consent.dnc_delisted" v 1,
        /// A contact was made, or begun, that needed no permit.
        Attempted(Attempted) = "consent.attempted" v 1,
        /// Nobody contacts this person any more.
        Suppressed(Suppressed) = "consent.suppressed" v 1,
        /// That was a mistake, or is over.
        SuppressionLifted(SuppressionLifted) = "consent.suppression_lifted" v 1,
        /// The person bought something, or asked about something.
        BusinessNoted(BusinessNoted) = "consent.business_noted" v 1,
    }
}

impl Upcast for ConsentEvent {}

impl ConsentEvent {
    /// When we learnt of it, by the clock of the command; never a time somebody claimed.
    #[must_use]
    pub fn learnt_at(&self) -> Timestamp {
        match self {
            Self::Granted(e) => e.recorded_at,
            Self::Revoked(e) => e.recorded_at,
            Self::Checked(e) => e.at,
            Self::PermitRedeemed(e) => e.at,
            Self::DncListed(e) => e.at,
            Self::DncDelisted(e) => e.at,
            Self::Attempted(e) => e.at,
            Self::Suppressed(e) => e.recorded_at,
            Self::SuppressionLifted(e) => e.at,
            Self::BusinessNoted(e) => e.recorded_at,
        }
    }

    /// Whether it can change the answer to a later question, and so moves the fence. A contact made does: the next one
    /// may be one too many.
    #[must_use]
    pub fn changes_permission(&self) -> bool {
        !matches!(self, Self::Checked(_))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Granted {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Contact,
    pub grant_id: GrantId,
    pub channels: Vec<Channel>,
    pub purposes: Vec<Purpose>,
    pub level: ConsentLevel,
    /// Empty: by whatever means.
    pub technologies: Vec<Technology>,
    pub method: GrantMethod,
    pub evidence: Evidence,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<LeadId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    pub recorded_at: Timestamp,
    /// When the person agreed.
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Revoked {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Contact,
    /// Empty: all of them.
    pub channels: Vec<Channel>,
    /// Empty: all of them.
    pub purposes: Vec<Purpose>,
    pub method: RevocationMethod,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verbatim: Option<Note>,
    pub recorded_at: Timestamp,
    /// When the person withdrew.
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Contact,
    pub decision_id: DecisionId,
    pub channel: Channel,
    pub purpose: Purpose,
    /// The means decided on: as asked, or what the channel usually means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technology: Option<Technology>,
    /// The time asked about.
    pub moment: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_state: Option<CallerState>,
    pub effect: Effect,
    /// The first rule that failed; absent where all passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<Rule>,
    /// Allowed as an emergency, which somebody should look at afterwards.
    pub flagged: bool,
    pub reasons: Vec<Finding>,
    pub obligations: Vec<Obligation>,
    /// When asking again may get another answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit: Option<IssuedPermit>,
    pub policy_pack: String,
    /// The ledger's fence at the time of the answer.
    pub fence: i64,
    pub at: Timestamp,
}

/// The permit that came with an allowed check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IssuedPermit {
    pub id: PermitId,
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PermitRedeemed {
    pub permit_id: PermitId,
    pub call_id: CallId,
    /// What the contact is, as the permit has it. Absent in events of long ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempted {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Contact,
    pub call_id: CallId,
    pub about: About,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suppressed {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Contact,
    pub kind: SuppressionKind,
    pub reason: Reason,
    pub by: UserId,
    pub recorded_at: Timestamp,
    /// Since when it is so.
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuppressionLifted {
    pub kind: SuppressionKind,
    pub reason: Reason,
    pub by: UserId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BusinessNoted {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Contact,
    pub kind: BusinessKind,
    /// Where it is on record.
    pub source: Source,
    pub recorded_at: Timestamp,
    /// When the person bought or asked.
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DncListed {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Contact,
    pub reason: Reason,
    pub by: UserId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DncDelisted {
    pub reason: Reason,
    pub by: UserId,
    pub at: Timestamp,
}
