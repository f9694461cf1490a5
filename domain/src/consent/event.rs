use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    About, BusinessKind, CallerState, ConsentLevel, Evidence, GrantMethod, ReplyTo, RevocationMethod,
};
use crate::event::Upcast;
use crate::ids::{CallId, ConsentId, DecisionId, GrantId, LeadId, PermitId, TenantId, UserId};
use crate::permission::duty::Due;
use crate::permission::facts::{Facts, SuppressionKind};
use crate::permission::rule::Rule;
use crate::permission::{Decision, Effect, Finding, Inputs, Location};
use crate::values::{Channel, Contact, Name, Note, Purpose, Reason, Source, Technology, Timestamp};

crate::events! {
    /// What can happen to a ledger of consent.
    pub enum ConsentEvent {
        /// The person agreed.
        Granted(Granted) = "consent.granted" v 1,
        /// The person withdrew.
        Revoked(Revoked) = "consent.revoked" v 1,
        /// Somebody asked whether a contact is permitted, and got an answer.
        Checked(Checked) = "consent.checked" v 2,
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

impl Upcast for ConsentEvent {
    fn upcast(event_type: &str, version: i32, mut payload: Value) -> Option<Value> {
        if (event_type, version) != ("consent.checked", 1) {
            return None;
        }
        for reason in payload.get_mut("reasons")?.as_array_mut()? {
            let facts = reason.get("facts")?.as_array()?.iter();
            reason["facts"] = facts.map(|sequence| json!({ "ledger": sequence })).collect();
            reason["rows"] = json!([]);
        }
        let obligations = payload.get("obligations")?.as_array()?.iter();
        payload["obligations"] =
            obligations.map(|obligation| json!({ "obligation": obligation, "rows": [] })).collect();
        Some(payload)
    }
}

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
    /// The sellers the disclosure named; empty: the organization.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sellers: Vec<Name>,
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
    /// The message it answered, which says how far it reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<ReplyTo>,
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// The means decided on: as asked, or what the channel usually means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub technology: Option<Technology>,
    /// The time asked about.
    pub moment: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller_state: Option<CallerState>,
    pub effect: Effect,
    /// The first rule that denies; absent where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<Rule>,
    /// Allowed past something that somebody should look at.
    pub flagged: bool,
    /// Every rule, in order.
    pub reasons: Vec<Finding>,
    pub obligations: Vec<Due>,
    /// The earliest moment at which hours and frequency would allow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Timestamp>,
    /// How long an allow may be relied on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit: Option<IssuedPermit>,
    pub policy_pack: String,
    /// What it takes to make the decision again. Absent in events of version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Box<Basis>>,
    /// The ledger's fence at the time of the answer.
    pub fence: i64,
    pub at: Timestamp,
}

/// What a decision was made from, beside the ledger up to the event before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Basis {
    /// Everything that was known outside of the ledger.
    pub outside: Facts,
    pub location: Location,
    pub inputs: Inputs,
    /// The version of the compliance profile.
    pub profile: i64,
}

impl Checked {
    /// The decision as it was made; `None` for events of version 1, made by other rules.
    #[must_use]
    pub fn decision(&self) -> Option<Decision> {
        let basis = self.basis.as_ref()?;
        Some(Decision {
            effect: self.effect,
            primary: self.primary,
            flagged: self.flagged,
            findings: self.reasons.clone(),
            obligations: self.obligations.clone(),
            retry_at: self.retry_at,
            valid_until: self.valid_until,
            location: basis.location.clone(),
            inputs: basis.inputs.clone(),
        })
    }
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
