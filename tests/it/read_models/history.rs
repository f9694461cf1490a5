//! What may happen to an organization, in any order that keeps each stream's own, in batches of any size.

use std::sync::Arc;

use chrono::{NaiveTime, TimeDelta};
use proptest::prelude::*;
use seiketsu::lists::Answers;
use seiketsu::permission::{Asked, outside_of, packs_of_the_build};
use seiketsu::seed::everything_in_order;
use seiketsu_domain::aggregate::Decide;
use seiketsu_domain::call::{Call, CallCommand, Direction, EndCall, Outcome, RecordQuality, StartCall};
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::compliance::{ComplianceCommand, Profile, SetProfile};
use seiketsu_domain::consent::{
    CheckPermission, Consent, ConsentCommand, ConsentLevel, Evidence, GrantConsent, GrantMethod,
    RevocationMethod, RevokeConsent,
};
use seiketsu_domain::envelope::{Envelope, Metadata, slot_of};
use seiketsu_domain::escalation::{Escalation, EscalationCommand, Priority, Raise, Trigger};
use seiketsu_domain::event::Event;
use seiketsu_domain::ids::{AgentId, CallId, EscalationId, LeadId, TenantId, UserId};
use seiketsu_domain::lead::{
    ContactLead, ConvertLead, CreateLead, Lead, LeadCommand, QualifyLead, SetAppointment,
};
use seiketsu_domain::permission::facts::{Content, FactId, Facts, Line, LineKind, Source};
use seiketsu_domain::permission::places::{Candidates, Country, State};
use seiketsu_domain::values::{Channel, Contact, Purpose, Score, Timestamp};
use seiketsu_projections::Projection;
use sqlx::PgPool;
use uuid::Uuid;

/// The person everybody acts for.
const ADA: UserId = UserId(Uuid::from_u128(11));

/// One event, and what it made of its stream.
pub struct Step<A: Decide> {
    pub before: A,
    pub event: A::Event,
    pub after: A,
}

impl<A: Decide> Step<A> {
    pub fn at(&self) -> Timestamp {
        self.event.occurred_at()
    }
}

/// All that happened, stream by stream.
#[derive(Default)]
pub struct History {
    pub calls: Vec<Vec<Step<Call>>>,
    pub leads: Vec<Vec<Step<Lead>>>,
    pub escalations: Vec<Vec<Step<Escalation>>>,
    pub consents: Vec<Vec<Step<Consent>>>,
}

/// A throw of the dice: which wish, its details, and the time that passes before it.
type Throw = (u8, u16, Pause);

#[derive(Debug, Clone)]
pub enum Pause {
    /// Clocks may even go back a little.
    Seconds(i64),
    /// Until this many milliseconds from the next midnight.
    Midnight(i64),
}

/// The throws of some streams of each kind: calls, leads, escalations, consents.
#[derive(Debug, Clone)]
pub struct Throws([Vec<Vec<Throw>>; 4]);

pub fn any_throws() -> impl Strategy<Value = Throws> {
    let pause = prop_oneof![
        10 => (-20..4_000_i64).prop_map(Pause::Seconds),
        1 => (-1..=0_i64).prop_map(Pause::Midnight),
    ];
    let streams =
        prop::collection::vec(prop::collection::vec((any::<u8>(), any::<u16>(), pause), 0..12), 0..6);
    [streams.clone(), streams.clone(), streams.clone(), streams].prop_map(Throws)
}

impl History {
    pub fn of(throws: &Throws) -> Self {
        let [calls, leads, escalations, consents] = &throws.0;
        Self {
            calls: calls.iter().map(|throws| stream(throws, call)).collect(),
            leads: leads.iter().map(|throws| stream(throws, lead)).collect(),
            escalations: escalations.iter().map(|throws| stream(throws, escalation)).collect(),
            consents: consents.iter().map(|throws| stream(throws, consent)).collect(),
        }
    }

    /// All events as one tenant's, each stream in its order and otherwise as `choices` has it.
    pub fn interleaved(&self, tenant: TenantId, choices: &[u8]) -> Vec<Arc<Envelope>> {
        let mut streams: Vec<std::vec::IntoIter<Envelope>> = Vec::new();
        streams.extend(self.calls.iter().map(|steps| envelopes(tenant, steps).into_iter()));
        streams.extend(self.leads.iter().map(|steps| envelopes(tenant, steps).into_iter()));
        streams.extend(self.escalations.iter().map(|steps| envelopes(tenant, steps).into_iter()));
        streams.extend(self.consents.iter().map(|steps| envelopes(tenant, steps).into_iter()));
        streams.retain(|stream| stream.len() > 0);
        let mut events = Vec::new();
        while !streams.is_empty() {
            let chosen = usize::from(choices[events.len() % choices.len()]) % streams.len();
            let mut envelope = streams[chosen].next().expect("empty ones are gone");
            envelope.position = i64::try_from(events.len()).unwrap() + 1;
            events.push(Arc::new(envelope));
            streams.retain(|stream| stream.len() > 0);
        }
        events
    }
}

/// Feeds events to a projection in batches of these sizes, over and over, each in a transaction of its own.
pub async fn feed(system: &PgPool, projection: &dyn Projection, events: &[Arc<Envelope>], sizes: &[usize]) {
    let (mut rest, mut sizes) = (events, sizes.iter().cycle());
    while !rest.is_empty() {
        let (batch, later) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
        let mut rows = system.begin_with("BEGIN; SET LOCAL search_path = read_models, public").await.unwrap();
        projection.apply(&mut rows, batch).await.unwrap();
        rows.commit().await.unwrap();
        rest = later;
    }
}

fn stream<A: Decide>(throws: &[Throw], wish: fn(bool, u8, u16, Timestamp) -> A::Command) -> Vec<Step<A>> {
    let mut at: Timestamp = "2026-11-24T22:30:00Z".parse().unwrap();
    let (mut state, mut steps) = (A::default(), Vec::new());
    for (what, how, pause) in throws {
        at = after(at, pause);
        // What is refused has not happened.
        for event in state.decide(&wish(state.version() == 0, *what, *how, at)).unwrap_or_default() {
            let before = state.clone();
            state.evolve(&event);
            steps.push(Step { before, event, after: state.clone() });
        }
    }
    steps
}

fn after(at: Timestamp, pause: &Pause) -> Timestamp {
    match pause {
        Pause::Seconds(seconds) => at.plus_seconds(*seconds),
        Pause::Midnight(millis) => {
            let next = at.date().and_time(NaiveTime::MIN).and_utc() + TimeDelta::days(1);
            Timestamp::new(next + TimeDelta::milliseconds(*millis))
        }
    }
}

fn envelopes<A: Decide>(tenant: TenantId, steps: &[Step<A>]) -> Vec<Envelope> {
    let aggregate_id = seiketsu::ids::new();
    let envelope = |(index, step): (usize, &Step<A>)| {
        let kind = step.event.event_type_of();
        let payload = step.event.to_payload().unwrap();
        Envelope {
            position: 0,
            tenant,
            aggregate_type: A::TYPE.to_owned(),
            aggregate_id,
            sequence: i64::try_from(index).unwrap() + 1,
            skipped_before: 0,
            slot: slot_of(tenant, aggregate_id),
            event_id: seiketsu::ids::new(),
            event_type: kind.name.to_owned(),
            event_version: kind.version,
            occurred_at: step.at(),
            recorded_at: step.at(),
            metadata: Metadata::unknown(),
            fact: Fact::from_stored(A::TYPE, kind.name, kind.version, &payload),
            payload,
        }
    };
    steps.iter().enumerate().map(envelope).collect()
}

fn pick<T: Copy>(from: &[T], how: u16) -> T {
    from[usize::from(how) % from.len()]
}

/// One of three agents, or none.
fn agent(how: u16) -> Option<AgentId> {
    pick(&[None, Some(1), Some(2), Some(3)], how).map(|n| AgentId(Uuid::from_u128(n)))
}

fn call(is_new: bool, what: u8, how: u16, at: Timestamp) -> CallCommand {
    match what % 10 {
        _ if is_new => start_call(agent(how), at),
        0 | 1 => CallCommand::Connect { at },
        2..=4 => turn(u32::from(how), at),
        5 | 6 => CallCommand::Escalate { escalation_id: EscalationId(Uuid::from_u128(u128::from(how))), at },
        7 if how.is_multiple_of(4) => CallCommand::Cancel { at },
        7 | 8 => end_call(Outcome::Escalated, at),
        _ => end_call(pick(OUTCOMES, how), at),
    }
}

const OUTCOMES: &[Outcome] = &[
    Outcome::Completed,
    Outcome::Failed,
    Outcome::NoAnswer,
    Outcome::Voicemail,
    Outcome::Busy,
    Outcome::Abandoned,
    Outcome::Refused,
];

pub fn start_call(agent_id: Option<AgentId>, at: Timestamp) -> CallCommand {
    CallCommand::Start(StartCall {
        call_id: seiketsu::ids::new(),
        organization_id: TenantId::default(),
        phone_number: "+14155552671".parse().unwrap(),
        direction: Direction::Outbound,
        agent_id,
        lead_id: None,
        purpose: None,
        permit_id: None,
        at,
    })
}

pub fn turn(response_time_ms: u32, at: Timestamp) -> CallCommand {
    CallCommand::RecordQuality(RecordQuality {
        response_time_ms,
        transcription_accuracy: None,
        intent_confidence: None,
        audio_quality_score: None,
        stages: Default::default(),
        at,
    })
}

pub fn end_call(outcome: Outcome, at: Timestamp) -> CallCommand {
    CallCommand::End(EndCall { outcome, summary: None, at })
}

fn lead(is_new: bool, what: u8, how: u16, at: Timestamp) -> LeadCommand {
    match what % 10 {
        _ if is_new => create_lead(at),
        0 | 1 => contact_lead(at),
        2..=4 => qualify_lead(i64::from(how % 101), at),
        5 | 6 => set_appointment(at),
        // Half of them more than 64 bits can add up.
        7 => convert_lead(
            if how.is_multiple_of(2) { i64::from(how) } else { i64::MAX },
            pick(&["USD", "EUR"], how / 2),
            at,
        ),
        8 => LeadCommand::Lose { reason: "moved away".parse().unwrap(), at },
        _ => LeadCommand::Archive { at },
    }
}

pub fn create_lead(at: Timestamp) -> LeadCommand {
    LeadCommand::Create(CreateLead {
        lead_id: LeadId(seiketsu::ids::new()),
        organization_id: TenantId::default(),
        first_name: None,
        last_name: None,
        email: None,
        phone: "+14155552671".parse().unwrap(),
        source: "website".parse().unwrap(),
        preferences: None,
        tags: Vec::new(),
        at,
    })
}

pub fn contact_lead(at: Timestamp) -> LeadCommand {
    LeadCommand::Contact(ContactLead { channel: Channel::Voice, note: None, at })
}

pub fn qualify_lead(score: i64, at: Timestamp) -> LeadCommand {
    LeadCommand::Qualify(QualifyLead { score: Some(Score::clamped(score)), answers: None, at })
}

pub fn set_appointment(at: Timestamp) -> LeadCommand {
    let starts_at = at.plus_seconds(3_600);
    LeadCommand::SetAppointment(SetAppointment { starts_at, ends_at: None, place: None, at })
}

pub fn convert_lead(cents: i64, currency: &str, at: Timestamp) -> LeadCommand {
    let currency = Some(currency.parse().unwrap());
    LeadCommand::Convert(ConvertLead { value_cents: Some(cents), currency, at })
}

fn escalation(is_new: bool, what: u8, how: u16, at: Timestamp) -> EscalationCommand {
    let reason = || "as it goes".parse().unwrap();
    match what % 8 {
        _ if is_new => raise(pick(&[Priority::Critical, Priority::High, Priority::Normal], how), at),
        0 | 1 => EscalationCommand::Acknowledge { by: ADA, at },
        2 => EscalationCommand::Assign { to: UserId(Uuid::from_u128(u128::from(how % 2))), at },
        3 => EscalationCommand::Connect { by: ADA, at },
        4 => EscalationCommand::Resolve { resolution: reason(), by: ADA, at },
        5 => EscalationCommand::Cancel { reason: reason(), by: ADA, at },
        _ => EscalationCommand::TimeOut { at },
    }
}

pub fn raise(priority: Priority, at: Timestamp) -> EscalationCommand {
    EscalationCommand::Raise(Raise {
        escalation_id: EscalationId(seiketsu::ids::new()),
        organization_id: TenantId::default(),
        call_id: CallId(seiketsu::ids::new()),
        trigger: Trigger::ExplicitRequest,
        priority: Some(priority),
        reason: "asked for a human".parse().unwrap(),
        at,
    })
}

fn consent(_is_new: bool, what: u8, how: u16, at: Timestamp) -> ConsentCommand {
    let earlier = at.plus_seconds(-60 * i64::from(how));
    match what % 6 {
        0 => grant(None, at),
        1 => grant(Some(earlier), at),
        2 => revoke(pick(&[None, Some(earlier)], how), at),
        3 => ConsentCommand::ListInternally {
            consent_id: seiketsu::ids::new(),
            organization_id: TenantId::default(),
            contact: phone(),
            reason: "asked to".parse().unwrap(),
            by: ADA,
            at,
        },
        _ => check(pick(&[Purpose::Transactional, Purpose::Marketing, Purpose::Emergency], how), at),
    }
}

fn phone() -> Contact {
    Contact::Phone("+14155552671".parse().unwrap())
}

/// Consent to be called with information, given at `occurred_at` or just now.
pub fn grant(occurred_at: Option<Timestamp>, at: Timestamp) -> ConsentCommand {
    ConsentCommand::Grant(GrantConsent {
        consent_id: seiketsu::ids::new(),
        organization_id: TenantId::default(),
        grant_id: seiketsu::ids::new(),
        contact: phone(),
        channels: vec![Channel::Voice],
        purposes: vec![Purpose::Transactional],
        level: ConsentLevel::Pec,
        technologies: vec![],
        sellers: vec![],
        method: GrantMethod::WebForm,
        evidence: Evidence {
            disclosure_text: None,
            disclosure_id: Some("web-7".parse().unwrap()),
            url: None,
            ip: None,
            user_agent: None,
            recording_ref: None,
            signature_ref: None,
            captured_at: occurred_at.unwrap_or(at),
        },
        lead_id: None,
        occurred_at,
        expires_at: None,
        at,
    })
}

pub fn revoke(occurred_at: Option<Timestamp>, at: Timestamp) -> ConsentCommand {
    ConsentCommand::Revoke(RevokeConsent {
        consent_id: seiketsu::ids::new(),
        organization_id: TenantId::default(),
        contact: phone(),
        channels: vec![],
        purposes: vec![],
        method: RevocationMethod::SmsKeyword,
        verbatim: None,
        reply_to: None,
        occurred_at,
        at,
    })
}

pub fn check(purpose: Purpose, at: Timestamp) -> ConsentCommand {
    ConsentCommand::Check(CheckPermission {
        consent_id: seiketsu::ids::new(),
        organization_id: TenantId::default(),
        contact: phone(),
        decision_id: seiketsu::ids::new(),
        permit_id: seiketsu::ids::new(),
        outside: Box::new(outside(purpose, at)),
        profile: 0,
        at,
    })
}

/// Everything in order outside of the ledger, for a call at any hour.
fn outside(purpose: Purpose, at: Timestamp) -> Facts {
    let tenant = TenantId::default();
    let asked = Asked {
        content: Some(Content::Other),
        emergency: (purpose == Purpose::Emergency).then(|| "recall".parse().unwrap()),
        ..Asked::plain(phone(), Channel::Voice, purpose, at)
    };
    let source = Source { fact: FactId::Snapshot("lines".to_owned()), organization: tenant, recorded_at: at };
    let line = Line { source, kind: Some(LineKind::Wireless), prohibited: Some(false) };
    let answers = Answers { line: Some(line), ..Answers::default() };
    let mut facts = outside_of(tenant, &asked, &profile(at), answers);
    // On Guam, where the days of these histories are open from early to late.
    let states = ["GU"].into_iter().filter_map(|state| State::try_new(state).ok()).collect();
    facts.places.declared = Some(Candidates { country: Some(Country::US), states, zones: vec![] });
    facts
}

fn profile(at: Timestamp) -> Profile {
    let set = SetProfile {
        organization_id: TenantId::default(),
        terms: everything_in_order("Acme Realty".parse().unwrap()),
        packs: packs_of_the_build(),
        by: ADA,
        at,
    };
    let mut profile = Profile::default();
    let events = profile.decide(&ComplianceCommand::Set(set)).unwrap();
    events.iter().for_each(|event| profile.evolve(event));
    profile
}
