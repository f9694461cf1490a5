//! Resource by resource: each is as its last command answered it, and its history is all there.

use serde_json::Value;

use super::{Office, ask_each};
use crate::demo::DemoError;
use crate::demo::client::Seen;
use crate::demo::compare::differences;
use crate::demo::ledger::{CallRecord, Record};
use crate::demo::report::Findings;

pub(super) async fn verify(
    office: &Office<'_>,
    seen: Seen<'_>,
    found: &mut Findings,
) -> Result<(), DemoError> {
    let reader = Reader { office, seen };
    let (calls, leads, escalations) = (&office.book.calls, &office.book.leads, &office.book.escalations);
    office.section(found, "one by one");
    let told =
        ask_each(calls, |(id, call)| reader.is_as_answered(format!("/calls/{id}"), &call.record)).await?;
    found.each("calls are as answered", calls.len(), told);
    let told = ask_each(leads, |(id, lead)| reader.is_as_answered(format!("/leads/{id}"), lead)).await?;
    found.each("leads are as answered", leads.len(), told);
    let one = |(id, escalation)| reader.is_as_answered(format!("/escalations/{id}"), escalation);
    let told = ask_each(escalations, one).await?;
    found.each("escalations are as answered", escalations.len(), told);
    let segments = calls.values().map(|call| call.segments.len()).sum();
    let told = ask_each(calls, |(id, call)| reader.transcript(id, call)).await?;
    found.each("segments are as sent", segments, told);
    let told = ask_each(calls, |(id, call)| reader.events(id, call)).await?;
    found.each("events of calls", calls.len(), told);
    let told = ask_each(calls, |(id, call)| reader.timeline_of_call(id, call)).await?;
    found.each("timelines of calls", calls.len(), told);
    let told = ask_each(leads, |(id, _)| reader.conversations(id)).await?;
    found.each("conversations of leads", leads.len(), told);
    let told = ask_each(leads, |(id, lead)| reader.timeline_of_lead(id, lead)).await?;
    found.each("timelines of leads", leads.len(), told);
    Ok(())
}

struct Reader<'a> {
    office: &'a Office<'a>,
    seen: Seen<'a>,
}

impl Reader<'_> {
    /// Asked with the token of its last command, as a client would.
    async fn is_as_answered(&self, path: String, record: &Record) -> Result<Option<String>, DemoError> {
        let seen = if record.token.is_empty() { self.seen } else { Seen::Token(&record.token) };
        let answer = self.office.session.get(&path, &[], seen).await?;
        if answer.status != 200 {
            return Ok(Some(format!("{path}: {}", answer.outcome())));
        }
        let mut told = differences(&record.shown, &answer.body);
        if answer.version != Some(record.version) {
            told.push(format!("version {} expected, {:?} found", record.version, answer.version));
        }
        Ok(sentence(&path, &told))
    }

    async fn transcript(&self, id: &str, call: &CallRecord) -> Result<Option<String>, DemoError> {
        let path = format!("/calls/{id}/transcript");
        let rows = self.office.session.all(&path, &[], self.seen).await?;
        let mut told = Vec::new();
        if rows.len() != call.segments.len() {
            told.push(format!("{} segments expected, {} found", call.segments.len(), rows.len()));
        }
        for (index, (sent, row)) in call.segments.iter().zip(&rows).enumerate() {
            told.extend(differences(sent, row).iter().map(|one| format!("segment {index}: {one}")));
        }
        Ok(sentence(&path, &told))
    }

    async fn events(&self, id: &str, call: &CallRecord) -> Result<Option<String>, DemoError> {
        let path = format!("/calls/{id}/events");
        let rows = self.office.session.all(&path, &[], self.seen).await?;
        Ok(sentence(&path, &same_types(&call.record.events, &rows)))
    }

    /// Its own events and those of its escalation.
    async fn timeline_of_call(&self, id: &str, call: &CallRecord) -> Result<Option<String>, DemoError> {
        let path = format!("/calls/{id}/timeline");
        let rows = self.office.session.all(&path, &[], self.seen).await?;
        let of_escalation = self.office.book.escalations.values().filter(|one| one.text("callId") == id);
        let mut expected = call.record.events.clone();
        expected.extend(of_escalation.flat_map(|escalation| escalation.events.iter().copied()));
        Ok(sentence(&path, &same_types(&expected, &rows)))
    }

    async fn timeline_of_lead(&self, id: &str, lead: &Record) -> Result<Option<String>, DemoError> {
        let path = format!("/leads/{id}/timeline");
        let rows = self.office.session.all(&path, &[], self.seen).await?;
        let own: Vec<Value> = rows.into_iter().filter(|row| kind(row).starts_with("lead.")).collect();
        Ok(sentence(&path, &same_types(&lead.events, &own)))
    }

    /// The calls that are linked to it, the latest first.
    async fn conversations(&self, id: &str) -> Result<Option<String>, DemoError> {
        let path = format!("/leads/{id}/conversations");
        let rows = self.office.session.all(&path, &[], self.seen).await?;
        let calls = self.office.book.calls.iter().filter(|(_, call)| call.record.text("leadId") == id);
        let mut expected: Vec<String> = calls.map(|(id, _)| id.clone()).collect();
        let mut shown = super::ids(&rows);
        expected.sort_unstable();
        shown.sort_unstable();
        let told = (expected != shown).then(|| format!("{expected:?} expected, {shown:?} found"));
        Ok(sentence(&path, told.as_slice()))
    }
}

/// The same types, however often each; the order of different streams is not told by the ledger.
fn same_types(expected: &[&str], rows: &[Value]) -> Vec<String> {
    let mut expected = expected.to_vec();
    let mut shown: Vec<&str> = rows.iter().map(kind).collect();
    expected.sort_unstable();
    shown.sort_unstable();
    let same = expected == shown;
    if same { vec![] } else { vec![format!("{} events expected, {} found", expected.len(), shown.len())] }
}

fn kind(row: &Value) -> &str {
    row["type"].as_str().unwrap_or_default()
}

fn sentence(path: &str, told: &[String]) -> Option<String> {
    (!told.is_empty()).then(|| format!("{path}: {}", told.join("; ")))
}
