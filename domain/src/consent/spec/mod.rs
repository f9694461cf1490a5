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
    GrantConsent, GrantMethod, Granted, RevocationMethod, RevokeConsent, Revoked,
};
use crate::aggregate::Decide;
use crate::ids::{CallId, ConsentId, DecisionId, GrantId, PermitId, TenantId, UserId};
use crate::permission::duty::Obligation;
use crate::permission::facts::{
    Business, Campaign, Content, Context, FactId, Facts, Line, LineKind, ListAnswer, Reassigned,
    ReassignedAnswer, RegistryAccess, Settings, Source, Standing, StateAnswer,
};
use crate::permission::pack::shipped;
use crate::permission::places::{self, Candidates, Country, State, StateSet};
use crate::permission::rule::Rule;
use crate::permission::{Decision, Effect, decide};
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
        sellers: vec![],
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
        sellers: grant.sellers,
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
        reply_to: None,
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
        reply_to: revoke.reply_to,
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

/// A question about an artificial voice calling New York for marketing, with everything in order outside of the ledger.
fn check(at: Timestamp) -> CheckPermission {
    CheckPermission {
        consent_id: LEDGER,
        organization_id: ORGANIZATION,
        contact: phone(),
        decision_id: DecisionId(Uuid::from_u128(40)),
        permit_id: PERMIT,
        outside: Box::new(outside(at)),
        profile: 6,
        at,
    }
}

fn outside(at: Timestamp) -> Facts {
    let source = |name: &str| Source {
        fact: FactId::Snapshot(name.to_owned()),
        organization: ORGANIZATION,
        recorded_at: after(-3 * DAY),
    };
    let clean = ListAnswer { source: source("us-national"), listed: false, as_of: after(-3 * DAY) };
    let new_york = State::try_new("NY").expect("a state");
    Facts {
        organization: ORGANIZATION,
        seller: "Acme Realty".to_owned(),
        contact: Some(phone()),
        channel: Channel::Voice,
        technology: None,
        purpose: Some(Purpose::Marketing),
        content: Some(Content::Other),
        subject: Some("listing 7".to_owned()),
        topic: None,
        at,
        known_at: at,
        context: Context::default(),
        line: Some(Line { source: source("lines"), kind: Some(LineKind::Wireless), prohibited: Some(false) }),
        places: places::Evidence {
            declared: Some(Candidates {
                country: Some(Country::US),
                states: StateSet::EMPTY.with(new_york),
                zones: vec![],
            }),
            ..places::Evidence::default()
        },
        standing: Standing {
            stopped: Some(false),
            campaign_paused: Some(false),
            seller_verified: Some(true),
            registrations: vec!["10dlc".to_owned()],
            health_agreement: Some(true),
            approved: shipped().map(|packs| packs.ids().iter().map(|id| id.sha256.clone()).collect()),
            presumed_seller: Some("Acme Realty".to_owned()),
        },
        lag_seconds: Some(0),
        registry: Some(RegistryAccess {
            source: source("access"),
            valid_until: after(90 * DAY),
            area_codes: vec![],
        }),
        ledger: None,
        internal_dnc: None,
        suppressions: None,
        reassigned: Some(ReassignedAnswer {
            source: source("reassigned"),
            answer: Reassigned::No,
            asked_at: after(-3 * DAY),
            about: "2020-01-01".parse().expect("a day"),
        }),
        national_list: Some(clean.clone()),
        state_lists: State::all().map(|state| StateAnswer { state, answer: clean.clone() }).collect(),
        business: Business::default(),
        attempts: None,
        campaign: Some(Campaign { source: source("campaign"), answered: 0, abandoned: 0 }),
        emergencies: Some(StateSet::EMPTY),
        abilities: Obligation::ABILITIES.to_vec(),
        settings: Settings::default(),
        positions: vec![],
    }
}

/// The same to Florida, where three contacts about one subject are the most in a day.
fn in_florida(at: Timestamp) -> Facts {
    let mut facts = outside(at);
    let states = StateSet::EMPTY.with(State::try_new("FL").expect("a state"));
    facts.places.declared = Some(Candidates {
        country: Some(Country::US),
        states,
        zones: vec![chrono_tz::Tz::America__New_York],
    });
    facts
}

fn ledger(history: impl IntoIterator<Item = ConsentEvent>) -> Consent {
    history.into_iter().fold(Consent::default(), |mut ledger, event| {
        ledger.evolve(&event);
        ledger
    })
}

/// What is decided on a history and on facts from outside.
fn ask(history: impl IntoIterator<Item = ConsentEvent>, outside: Facts) -> Decision {
    decide(shipped().expect("valid packs"), &outside.with_ledger(&ledger(history)))
}
