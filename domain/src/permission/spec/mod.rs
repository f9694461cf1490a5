//! Decisions by example: the published vectors, each rule at its boundary, and what holds for all facts.

use uuid::Uuid;

use super::duty::Obligation;
use super::facts::{
    Business, Campaign, Content, Context, FactId, Facts, Grant, Ledger, Line, LineKind, ListAnswer, Listing,
    Reassigned, ReassignedAnswer, RegistryAccess, ReplyTo, Revocation, Settings, Source, Standing,
    StateAnswer,
};
use super::pack::{PackSet, shipped, washington};
use super::places::{Candidates, Country, Evidence, State, StateSet, by_number};
use super::rule::Rule;
use super::{Decision, Effect, Finding, Outcome, decide};
use crate::consent::ConsentLevel;
use crate::ids::TenantId;
use crate::values::{Channel, Contact, Phone, Purpose, Technology, Timestamp};

mod consent;
mod duties;
mod gate;
mod lists;
mod properties;
mod special;
mod speed;
mod suppression;
mod time;
mod vectors;

const SELLER: &str = "acme-realty";

/// Tuesday, 10:00 in California.
const TUESDAY: &str = "2026-11-24T18:00:00Z";

fn packs() -> &'static PackSet {
    shipped().expect("the packs shipped are valid")
}

fn at(raw: &str) -> Timestamp {
    raw.parse().expect("a time")
}

fn ours() -> TenantId {
    TenantId(Uuid::from_u128(1))
}

fn event(number: u128) -> FactId {
    FactId::Event(Uuid::from_u128(number))
}

fn source(fact: FactId, recorded_at: Timestamp) -> Source {
    Source { fact, organization: ours(), recorded_at }
}

fn phone(raw: &str) -> Phone {
    Phone::try_new(raw).expect("a number")
}

fn state(code: &str) -> State {
    State::try_new(code).expect("a state")
}

/// An artificial voice calls about a sale, with written consent of long ago and everything in order.
fn call(number: &str, time: &str) -> Facts {
    let now = at(time);
    let past = now.plus_seconds(-90 * 86_400);
    let number = phone(number);
    let clean = |name: &str| ListAnswer {
        source: source(FactId::Snapshot(name.to_owned()), now.plus_seconds(-3 * 86_400)),
        listed: false,
        as_of: now.plus_seconds(-3 * 86_400),
    };
    Facts {
        organization: ours(),
        seller: SELLER.to_owned(),
        contact: Some(Contact::Phone(number.clone())),
        channel: Channel::Voice,
        technology: Some(Technology::AiVoice),
        purpose: Some(Purpose::Marketing),
        content: Some(Content::Other),
        subject: Some("listing 7".to_owned()),
        topic: None,
        at: now,
        known_at: now,
        context: Context { recording: Some(true), caller_state: Some(state("NV")), ..Context::default() },
        line: Some(Line {
            source: source(event(10), past),
            kind: Some(LineKind::Wireless),
            prohibited: Some(false),
        }),
        places: Evidence { number: Some(by_number(&number)), ..Evidence::default() },
        standing: Standing {
            stopped: Some(false),
            campaign_paused: Some(false),
            seller_verified: Some(true),
            registrations: vec!["10dlc".to_owned(), "texas_telephone_solicitor".to_owned()],
            health_agreement: Some(true),
            approved: Some(packs().ids().iter().map(|pack| pack.sha256.clone()).collect()),
            presumed_seller: Some(SELLER.to_owned()),
        },
        lag_seconds: Some(0),
        registry: Some(RegistryAccess {
            source: source(event(11), past),
            valid_until: now.plus_seconds(90 * 86_400),
            area_codes: vec![],
        }),
        ledger: Some(Ledger { grants: vec![written(past)], revocations: vec![] }),
        internal_dnc: Some(vec![]),
        suppressions: Some(vec![]),
        reassigned: Some(ReassignedAnswer {
            source: source(FactId::Snapshot("rnd".to_owned()), now.plus_seconds(-5 * 86_400)),
            answer: Reassigned::No,
            asked_at: now.plus_seconds(-5 * 86_400),
            about: washington(past),
        }),
        national_list: Some(clean("national-dnc")),
        state_lists: State::all()
            .map(|state| StateAnswer { state, answer: clean(&format!("dnc-{state}")) })
            .collect(),
        business: Business::default(),
        attempts: Some(vec![]),
        campaign: Some(Campaign { source: source(event(12), past), answered: 1000, abandoned: 0 }),
        emergencies: Some(StateSet::EMPTY),
        abilities: ABILITIES.to_vec(),
        settings: Settings::default(),
        positions: vec![],
    }
}

const ABILITIES: [Obligation; 12] = Obligation::ABILITIES;

/// The same as a text message.
fn text(number: &str, time: &str) -> Facts {
    let mut facts = call(number, time);
    facts.channel = Channel::Sms;
    facts.technology = Some(Technology::Sms);
    facts
}

/// Dialled by hand, and without any consent.
fn manual(number: &str, time: &str) -> Facts {
    let mut facts = call(number, time);
    facts.technology = Some(Technology::Manual);
    no_consent(&mut facts);
    facts
}

/// Written consent to everything but emergencies, complete with its evidence.
fn written(given: Timestamp) -> Grant {
    Grant {
        source: source(event(1), given),
        channels: vec![Channel::Voice, Channel::Sms, Channel::Email],
        technologies: vec![],
        purposes: vec![Purpose::Marketing],
        level: ConsentLevel::Pewc,
        sellers: vec![SELLER.to_owned()],
        given_at: given,
        captured_at: given,
        expires_at: None,
        has_disclosure: true,
        has_signature: true,
        affirmative: true,
    }
}

/// Plain consent to messages that sell nothing.
fn plain(given: Timestamp) -> Grant {
    Grant {
        source: source(event(2), given),
        purposes: vec![Purpose::Informational, Purpose::Transactional, Purpose::Healthcare],
        level: ConsentLevel::Pec,
        has_signature: false,
        ..written(given)
    }
}

fn stop(occurred: Timestamp) -> Revocation {
    Revocation {
        source: source(event(3), occurred),
        channels: vec![],
        purposes: vec![],
        seller: None,
        reply_to: None,
        occurred_at: occurred,
        understood_by: None,
    }
}

/// Withdrawn in reply to a message.
fn reply_stop(occurred: Timestamp, purpose: Purpose, topic: Option<&str>, exempted: bool) -> Revocation {
    let reply_to = ReplyTo { purpose: Some(purpose), topic: topic.map(str::to_owned), exempted };
    Revocation { reply_to: Some(reply_to), ..stop(occurred) }
}

fn listing(since: Timestamp) -> Listing {
    Listing { source: source(event(4), since), seller: Some(SELLER.to_owned()), since }
}

fn lives_in(codes: &[&str]) -> Candidates {
    Candidates {
        country: Some(Country::US),
        states: codes.iter().map(|code| state(code)).collect(),
        zones: vec![],
    }
}

fn ledger(facts: &mut Facts) -> &mut Ledger {
    facts.ledger.get_or_insert_default()
}

fn no_consent(facts: &mut Facts) {
    ledger(facts).grants.clear();
}

fn before(facts: &Facts, seconds: i64) -> Timestamp {
    facts.at.plus_seconds(-seconds)
}

fn list_nationally(facts: &mut Facts) {
    if let Some(answer) = &mut facts.national_list {
        answer.listed = true;
    }
}

fn decided(facts: &Facts) -> Decision {
    decide(packs(), facts)
}

/// It is allowed; shows who objects where it is not.
#[track_caller]
fn allowed(facts: &Facts) -> Decision {
    let decision = decided(facts);
    let denying: Vec<_> =
        decision.findings.iter().filter(|finding| finding.effect == Outcome::Deny).collect();
    assert_eq!(decision.effect, Effect::Allow, "{denying:#?}");
    decision
}

/// It is denied, for this reason first.
#[track_caller]
fn denied(facts: &Facts, rule: Rule) -> Decision {
    let decision = decided(facts);
    assert_eq!(decision.primary, Some(rule), "{:#?}", decision.findings);
    assert_eq!(decision.effect, Effect::Deny);
    assert!(decision.obligations.is_empty() && decision.valid_until.is_none());
    decision
}

fn found(decision: &Decision, rule: Rule) -> &Finding {
    decision.finding(rule).expect("every rule is reported")
}

fn duties(decision: &Decision) -> Vec<Obligation> {
    decision.obligations.iter().map(|due| due.obligation).collect()
}
