use super::{About, BusinessKind, ConsentLevel, Evidence, GrantMethod, ReplyTo, RevocationMethod};
use crate::ids::{CallId, ConsentId, DecisionId, GrantId, LeadId, PermitId, TenantId, UserId};
use crate::permission::facts::{Facts, SuppressionKind};
use crate::values::{Channel, Contact, Name, Note, Purpose, Reason, Source, Technology, Timestamp};

/// What can be asked of a ledger of consent.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "a command lives for one decision and is not kept")]
pub enum ConsentCommand {
    /// Note that the person agreed.
    Grant(GrantConsent),
    /// Note that the person withdrew.
    Revoke(RevokeConsent),
    /// Ask whether a contact is permitted.
    Check(CheckPermission),
    /// Use the permit of an allowed check for a call.
    RedeemPermit(RedeemPermit),
    /// Note a contact that needed no permit.
    NoteAttempt(NoteAttempt),
    /// Put the contact point on the organization's own do-not-call list.
    ListInternally {
        consent_id: ConsentId,
        organization_id: TenantId,
        contact: Contact,
        reason: Reason,
        by: UserId,
        at: Timestamp,
    },
    /// Take it off that list.
    Delist { reason: Reason, by: UserId, at: Timestamp },
    /// Note why nobody contacts the person any more.
    Suppress(SuppressContact),
    /// Note that this was a mistake, or is over.
    LiftSuppression { kind: SuppressionKind, reason: Reason, by: UserId, at: Timestamp },
    /// Note business with the person.
    NoteBusiness(NoteBusiness),
}

/// See [`ConsentCommand::RedeemPermit`].
#[derive(Debug, Clone)]
pub struct RedeemPermit {
    pub permit_id: PermitId,
    pub call_id: CallId,
    /// What the call is for, where it says so.
    pub purpose: Option<Purpose>,
    /// The version of the compliance profile.
    pub profile: i64,
    pub at: Timestamp,
}

/// See [`ConsentCommand::NoteAttempt`].
#[derive(Debug, Clone)]
pub struct NoteAttempt {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Contact,
    pub call_id: CallId,
    pub about: About,
    pub at: Timestamp,
}

/// See [`ConsentCommand::Suppress`].
#[derive(Debug, Clone)]
pub struct SuppressContact {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Contact,
    pub kind: SuppressionKind,
    pub reason: Reason,
    pub by: UserId,
    /// Where absent, now.
    pub occurred_at: Option<Timestamp>,
    pub at: Timestamp,
}

/// See [`ConsentCommand::NoteBusiness`].
#[derive(Debug, Clone)]
pub struct NoteBusiness {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Contact,
    pub kind: BusinessKind,
    pub source: Source,
    pub occurred_at: Timestamp,
    pub at: Timestamp,
}

/// See [`ConsentCommand::Grant`].
#[derive(Debug, Clone)]
pub struct GrantConsent {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub grant_id: GrantId,
    pub contact: Contact,
    pub channels: Vec<Channel>,
    pub purposes: Vec<Purpose>,
    pub level: ConsentLevel,
    /// Empty: by whatever means.
    pub technologies: Vec<Technology>,
    /// The sellers the disclosure named; empty: the organization.
    pub sellers: Vec<Name>,
    pub method: GrantMethod,
    pub evidence: Evidence,
    pub lead_id: Option<LeadId>,
    /// Where absent, now.
    pub occurred_at: Option<Timestamp>,
    /// Where absent, it holds until withdrawn.
    pub expires_at: Option<Timestamp>,
    pub at: Timestamp,
}

/// See [`ConsentCommand::Revoke`].
#[derive(Debug, Clone)]
pub struct RevokeConsent {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Contact,
    /// Empty: all of them.
    pub channels: Vec<Channel>,
    /// Empty: all of them.
    pub purposes: Vec<Purpose>,
    pub method: RevocationMethod,
    /// The person's own words.
    pub verbatim: Option<Note>,
    /// The message it answered, which says how far it reaches.
    pub reply_to: Option<ReplyTo>,
    /// Where absent, now.
    pub occurred_at: Option<Timestamp>,
    pub at: Timestamp,
}

/// See [`ConsentCommand::Check`].
#[derive(Debug, Clone)]
pub struct CheckPermission {
    pub consent_id: ConsentId,
    pub organization_id: TenantId,
    pub contact: Contact,
    pub decision_id: DecisionId,
    /// The id of the permit, should there be one.
    pub permit_id: PermitId,
    /// The question, and all that is known outside of the ledger; the ledger adds what it knows.
    pub outside: Box<Facts>,
    /// The version of the compliance profile these facts are of; the permit is good for no other.
    pub profile: i64,
    pub at: Timestamp,
}
