//! One example per rule; the helpers here are the words the examples are written in.

mod care;
mod funnel;
mod life;
mod score;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Appointment, AppointmentSet, Archived, Band, Contacted, ConvertLead, Converted, CreateLead, Created,
    Lead, LeadCommand, LeadEvent, LeadStatus, Lost, Qualified, QualifyLead, ScoreReason, ScoreRule,
    SetAppointment, UpdateLead,
};
use crate::aggregate::Decide;
use crate::ids::{LeadId, TenantId, UserId};
use crate::spec::morning;
use crate::values::{
    Channel, CurrencyCode, Email, JsonObject, Name, Phone, Place, Reason, Score, Source, Tag, Timestamp,
};

const ADA: UserId = UserId(Uuid::from_u128(11));
const GRACE: UserId = UserId(Uuid::from_u128(12));

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn object(value: Value) -> JsonObject {
    serde_json::from_value(value).expect("an object")
}

fn because(words: &str) -> Reason {
    Reason::try_new(words).expect("a reason")
}

fn name(words: &str) -> Option<Name> {
    Some(Name::try_new(words).expect("a name"))
}

fn tags(labels: &[&str]) -> Vec<Tag> {
    labels.iter().map(|label| Tag::try_new(label).expect("a tag")).collect()
}

fn phone() -> Phone {
    Phone::try_new("+14155552671").expect("a number")
}

fn website() -> Source {
    Source::try_new("website").expect("a source")
}

/// A lead with a phone number and a source, and nothing else.
fn stranger() -> CreateLead {
    CreateLead {
        lead_id: LeadId(Uuid::from_u128(1)),
        organization_id: TenantId(Uuid::from_u128(2)),
        first_name: None,
        last_name: None,
        email: None,
        phone: phone(),
        source: website(),
        preferences: None,
        tags: vec![],
        at: morning(),
    }
}

fn news_of_stranger() -> Created {
    Created {
        lead_id: LeadId(Uuid::from_u128(1)),
        organization_id: TenantId(Uuid::from_u128(2)),
        first_name: None,
        last_name: None,
        email: None,
        phone: phone(),
        source: website(),
        preferences: None,
        tags: vec![],
        at: morning(),
    }
}

fn created() -> LeadEvent {
    news_of_stranger().into()
}

/// An update that wishes for nothing; examples fill in what they are about.
fn no_change() -> UpdateLead {
    UpdateLead {
        first_name: None,
        last_name: None,
        email: None,
        phone: None,
        source: None,
        preferences: None,
        tags: None,
        at: morning(),
    }
}

fn contacted(previous_status: LeadStatus, status: LeadStatus) -> LeadEvent {
    Contacted { channel: Channel::Voice, note: None, previous_status, status, at: morning() }.into()
}

fn scored(points: i64) -> LeadCommand {
    let score = Some(Score::try_new(points).expect("a score"));
    LeadCommand::Qualify(QualifyLead { score, answers: None, at: morning() })
}

fn answered(answers: Value) -> LeadCommand {
    LeadCommand::Qualify(QualifyLead { score: None, answers: Some(object(answers)), at: morning() })
}

fn qualified(points: u8, band: Band, previous_status: LeadStatus, status: LeadStatus) -> LeadEvent {
    Qualified {
        score: Score::clamped(i64::from(points)),
        band,
        reasons: vec![ScoreReason { rule: ScoreRule::Given, points }],
        answers: None,
        previous_score: None,
        previous_status,
        status,
        at: morning(),
    }
    .into()
}

fn meet(starts_in: i64, lasts: Option<i64>) -> LeadCommand {
    let starts_at = morning().plus_seconds(starts_in);
    let ends_at = lasts.map(|seconds| starts_at.plus_seconds(seconds));
    LeadCommand::SetAppointment(SetAppointment { starts_at, ends_at, place: None, at: morning() })
}

fn appointment_set(starts_in: i64, previous_status: LeadStatus) -> LeadEvent {
    AppointmentSet {
        starts_at: morning().plus_seconds(starts_in),
        ends_at: None,
        place: None,
        previous_status,
        status: LeadStatus::AppointmentSet,
        at: morning(),
    }
    .into()
}

fn convert(value_cents: Option<i64>, currency: Option<&str>) -> LeadCommand {
    let currency = currency.map(|code| CurrencyCode::try_new(code).expect("a currency"));
    LeadCommand::Convert(ConvertLead { value_cents, currency, at: morning() })
}

fn converted(previous_status: LeadStatus) -> LeadEvent {
    let currency = CurrencyCode::try_new("USD").expect("a currency");
    Converted {
        value_cents: Some(100),
        currency: Some(currency),
        previous_status,
        score: None,
        at: morning(),
    }
    .into()
}

fn lose(reason: &str) -> LeadCommand {
    LeadCommand::Lose { reason: because(reason), at: morning() }
}

fn lost() -> LeadEvent {
    Lost { reason: because("moved away"), previous_status: LeadStatus::New, score: None, at: morning() }
        .into()
}

fn archived() -> LeadEvent {
    Archived { status: LeadStatus::New, score: None, at: morning() }.into()
}

/// The lead these events make.
fn lead(history: impl IntoIterator<Item = LeadEvent>) -> Lead {
    let mut lead = Lead::default();
    history.into_iter().for_each(|event| lead.evolve(&event));
    lead
}
