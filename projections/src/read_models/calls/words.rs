//! The words calls are found by: what events bring, and what remains of it when a call has ended.

use std::sync::Arc;

use seiketsu_domain::call::{CallEvent, IntakeRecorded, Segment};
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::envelope::Envelope;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::search;
use crate::ApplyError;

/// How many characters of a call's transcript and intake are searched: more than an hour of talk. Postgres keeps at
/// most one megabyte of words per row, and whoever writes nonsense without end should not stop the others.
pub const SEARCHED_CHARS: usize = 60_000;

/// The words of one event.
struct Words {
    text: String,
    /// Counts towards [`SEARCHED_CHARS`].
    counted: usize,
}

impl Words {
    fn of(event: &CallEvent) -> Option<Self> {
        match event {
            CallEvent::Started(started) => Some(Self::always(search::phone_words(&started.phone_number))),
            CallEvent::TranscriptAdded(added) => Some(Self::counted(said(&added.segments))),
            CallEvent::IntakeRecorded(recorded) => told(recorded).map(Self::counted),
            CallEvent::Ended(ended) => Some(Self::always(ended.summary.as_ref()?.to_string())),
            _ => None,
        }
    }

    fn always(text: String) -> Self {
        Self { text, counted: 0 }
    }

    fn counted(text: String) -> Self {
        let text: String = text.chars().take(SEARCHED_CHARS).collect();
        Self { counted: text.chars().count(), text }
    }
}

fn said(segments: &[Segment]) -> String {
    segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join("\n")
}

fn told(recorded: &IntakeRecorded) -> Option<String> {
    let mut text = String::new();
    collect(&serde_json::to_value(&recorded.data).ok()?, &mut text);
    (!text.is_empty()).then_some(text)
}

/// Appends every string and number. The depth is bounded by the value's own rules.
fn collect(value: &Value, text: &mut String) {
    match value {
        Value::String(words) => text.extend([words.as_str(), "\n"]),
        Value::Number(number) => text.extend([number.to_string().as_str(), "\n"]),
        Value::Array(items) => items.iter().for_each(|item| collect(item, text)),
        Value::Object(map) => map.values().for_each(|item| collect(item, text)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn event(envelope: &Envelope) -> Option<&CallEvent> {
    match &envelope.fact {
        Ok(Fact::Call(event)) => Some(event),
        _ => None,
    }
}

/// Adds what each event of the batch brings.
pub(super) async fn add(rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
    let brought: Vec<(&Envelope, Words)> =
        batch.iter().filter_map(|envelope| Some((&**envelope, Words::of(event(envelope)?)?))).collect();
    if brought.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into call_words (tenant_id, call_id, part, chars, words)
         select tenant_id, call_id, part, chars,
                array_to_tsvector(array[tenant_word(tenant_id)]) || to_tsvector('simple', text)
           from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[])
                as n(tenant_id, call_id, part, chars, text)",
    )
    .bind(brought.iter().map(|(envelope, _)| envelope.tenant.0).collect::<Vec<_>>())
    .bind(brought.iter().map(|(envelope, _)| envelope.aggregate_id).collect::<Vec<_>>())
    .bind(brought.iter().map(|(envelope, _)| envelope.sequence).collect::<Vec<_>>())
    .bind(
        brought.iter().map(|(_, words)| i64::try_from(words.counted).unwrap_or(i64::MAX)).collect::<Vec<_>>(),
    )
    .bind(brought.into_iter().map(|(_, words)| words.text).collect::<Vec<_>>())
    .execute(rows)
    .await?;
    Ok(())
}

/// Puts one row in the place of all where the batch ends a call.
pub(super) async fn gather(rows: &mut PgConnection, batch: &[Arc<Envelope>]) -> Result<(), ApplyError> {
    let (tenants, calls): (Vec<Uuid>, Vec<Uuid>) = batch
        .iter()
        .filter(|envelope| matches!(event(envelope), Some(CallEvent::Ended(_) | CallEvent::Cancelled(_))))
        .map(|envelope| (envelope.tenant.0, envelope.aggregate_id))
        .unzip();
    if calls.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "with parts as (
             delete from call_words w using unnest($1::uuid[], $2::uuid[]) as ended(tenant_id, call_id)
              where w.tenant_id = ended.tenant_id and w.call_id = ended.call_id
             returning w.tenant_id, w.call_id, w.part, w.chars, w.words
         ), counted as (
             select *, sum(chars) over (partition by tenant_id, call_id order by part) - chars as before from parts
         )
         insert into call_words (tenant_id, call_id, part, chars, words)
         select tenant_id, call_id, 0, sum(chars), concat_words(words order by part)
           from counted where chars = 0 or before < $3
          group by tenant_id, call_id",
    )
    .bind(tenants)
    .bind(calls)
    .bind(i64::try_from(SEARCHED_CHARS).unwrap_or(i64::MAX))
    .execute(rows)
    .await?;
    Ok(())
}
