//! The specification of the ledger, and the words it is written in.

mod grants;
mod history;
mod permission;
mod permits;
mod properties;
mod suppression;

use uuid::Uuid;

use super::{
    CheckPermission, Consent, ConsentCommand, ConsentEvent, ConsentLevel, DncDelisted, DncListed, Evidence,
    GrantConsent, GrantMethod, Granted, Permission, Question, RevocationMethod, RevokeConsent, Revoked,
    decide_permission,
};
use crate::aggregate::Decide;
use crate::ids::{CallId, ConsentId, DecisionId, GrantId, PermitId, TenantId, UserId};
use crate::spec::morning;
use crate::values::{
    CapturedUrl, Channel, Contact, Email, Phone, Purpose, Reason, Technology, Timestamp, Token,
};

const LEDGER: ConsentId = ConsentId(Uuid::from_u128(1));
const ORGANIZATION: TenantId = TenantId(Uuid::from_u128(2));
const ADA: UserId = UserId(Uuid::from_u128(11));
const PERMIT: PermitId = PermitId(Uuid::from_u128(20));
const CALL: CallId = CallId(Uuid::from_u128(30));
const DAY: i64 = 86_400;

fn after(seconds: i64) -> Timestamp {
    morning().plus_seconds(seconds)
}

fn phone() -> Contact {
    Contact::Phone(Phone::try_new("+14155552671").expect("a phone number"))
}

fn mailbox() -> Contact {
    Contact::Email(Email::try_new("ada@example.com").expect("an address"))
}

fn because(words: &str) -> Reason {
    Reason::try_new(words).expect("a reason")
}

fn evidence(captured_at: Timestamp) -> Evidence {
    Evidence {
        disclosure_text: None,
        disclosure_id: Some(Token::try_new("web-7").expect("a token")),
        url: Some(CapturedUrl::try_new("https://example.com/quote").expect("a url")),
        ip: None,
        user_agent: None,
        recording_ref: None,
        signature_ref: None,
        captured_at,
    }
}

/// A web form that allows marketing by voice and text, sent in at `at`.
fn form(level: ConsentLevel, at: Timestamp) -> GrantConsent {
    GrantConsent {
        consent_id: LEDGER,
        organization_id: ORGANIZATION,
        grant_id: GrantId(Uuid::from_u128(10)),
        contact: phone(),
        channels: vec![Channel::Voice, Channel::Sms],
        purposes: vec![Purpose::Marketing],
        level,
        technologies: vec![],
        method: GrantMethod::WebForm,
        evidence: evidence(at),
        lead_id: None,
        occurred_at: None,
        expires_at: None,
        at,
    }
}

fn noted(grant: GrantConsent) -> ConsentEvent {
    Granted {
        consent_id: grant.consent_id,
        organization_id: grant.organization_id,
        contact: grant.contact,
        grant_id: grant.grant_id,
        channels: grant.channels,
        purposes: grant.purposes,
        level: grant.level,
        technologies: grant.technologies,
        method: grant.method,
        evidence: grant.evidence,
        lead_id: grant.lead_id,
        expires_at: grant.expires_at,
        recorded_at: grant.at,
        at: grant.occurred_at.unwrap_or(grant.at),
    }
    .into()
}

/// Written consent to marketing, given at `at`.
fn written(at: Timestamp) -> ConsentEvent {
    noted(form(ConsentLevel::Pewc, at))
}

/// A word texted at `at`, meaning everything.
fn stop(at: Timestamp) -> RevokeConsent {
    RevokeConsent {
        consent_id: LEDGER,
        organization_id: ORGANIZATION,
        contact: phone(),
        channels: vec![],
        purposes: vec![],
        method: RevocationMethod::SmsKeyword,
        verbatim: None,
        occurred_at: None,
        at,
    }
}

fn heard(revoke: RevokeConsent) -> ConsentEvent {
    Revoked {
        consent_id: revoke.consent_id,
        organization_id: revoke.organization_id,
        contact: revoke.contact,
        channels: revoke.channels,
        purposes: revoke.purposes,
        method: revoke.method,
        verbatim: revoke.verbatim,
        recorded_at: revoke.at,
        at: revoke.occurred_at.unwrap_or(revoke.at),
    }
    .into()
}

fn stopped(at: Timestamp) -> ConsentEvent {
    heard(stop(at))
}

fn list(at: Timestamp) -> ConsentCommand {
    ConsentCommand::ListInternally {
        consent_id: LEDGER,
        organization_id: ORGANIZATION,
        contact: phone(),
        reason: because("asked not to be called"),
        by: ADA,
        at,
    }
}

fn listed(at: Timestamp) -> ConsentEvent {
    DncListed {
        consent_id: LEDGER,
        organization_id: ORGANIZATION,
        contact: phone(),
        reason: because("asked not to be called"),
        by: ADA,
        at,
    }
    .into()
}

fn delisted(at: Timestamp) -> ConsentEvent {
    DncDelisted { reason: because("listed by mistake"), by: ADA, at }.into()
}

/// A question about an artificial voice calling for marketing.
fn check(at: Timestamp) -> CheckPermission {
    CheckPermission {
        consent_id: LEDGER,
        organization_id: ORGANIZATION,
        contact: phone(),
        decision_id: DecisionId(Uuid::from_u128(40)),
        permit_id: PERMIT,
        channel: Channel::Voice,
        purpose: Purpose::Marketing,
        technology: None,
        moment: None,
        caller_state: None,
        at,
    }
}

fn question(at: Timestamp) -> Question {
    check(at).question()
}

fn ledger(history: impl IntoIterator<Item = ConsentEvent>) -> Consent {
    history.into_iter().fold(Consent::default(), |mut ledger, event| {
        ledger.evolve(&event);
        ledger
    })
}

fn ask(history: impl IntoIterator<Item = ConsentEvent>, question: Question) -> Permission {
    decide_permission(&ledger(history), &question)
}

fn by_hand(question: Question) -> Question {
    Question { technology: Some(Technology::Manual), ..question }
}
