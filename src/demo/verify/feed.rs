//! The event feed between the beginning of the run and its end: all of it, once, in order.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Office;
use crate::demo::DemoError;
use crate::demo::client::Seen;
use crate::demo::ledger::Ledger;
use crate::demo::report::Findings;

/// The aggregates whose events the ledger reckons.
const TYPES: &str = "call.*,lead.*,consent.*,escalation.*";

/// Returns the position of the last event: who has seen that has seen the run.
pub(super) async fn verify(office: &Office<'_>, found: &mut Findings) -> Result<i64, DemoError> {
    let events = read(office).await?;
    office.section(found, "event feed");
    let mine = subjects(office.book, &events);
    let own: Vec<&Value> = events.iter().filter(|event| mine.contains_key(text(event, "subject"))).collect();
    by_type(office.book, &own, found);
    let others = events.len() - own.len();
    found.same("events of anybody else meanwhile", 0, others);
    positions(&events, found);
    sequences(&own, found);
    versions(office.book, &own, &mine, found);
    let tenants: BTreeSet<&str> = events.iter().map(|event| text(event, "tenantid")).collect();
    found.same("organizations in the feed", events.len().min(1), tenants.len());
    Ok(events.last().map_or(0, |event| number(event, "position")))
}

async fn read(office: &Office<'_>) -> Result<Vec<Value>, DemoError> {
    let (mut events, mut cursor) = (Vec::new(), office.before.cursor.clone());
    loop {
        let query = [("after", cursor.as_str()), ("types", TYPES), ("limit", "1000")];
        let page = office.session.get("/events", &query, Seen::Anything).await?;
        let (next, has_more) = (page.cursor.clone().unwrap_or_default(), page.has_more);
        events.extend(page.expect(200, "the event feed")?.as_array().into_iter().flatten().cloned());
        if !has_more || next == cursor {
            return Ok(events);
        }
        cursor = next;
    }
}

/// What the run worked on, as `subject → what the ledger calls it`. A contact point's id is told by its events.
fn subjects(book: &Ledger, events: &[Value]) -> BTreeMap<String, String> {
    let ids = book.calls.keys().chain(book.leads.keys()).chain(book.escalations.keys());
    let mut subjects: BTreeMap<String, String> = ids.map(|id| (id.clone(), id.clone())).collect();
    for event in events {
        let contact = &event["data"]["contact"];
        let key = contact["phone"].as_str().or_else(|| contact["email"].as_str());
        if let Some(key) = key.filter(|key| book.contacts.contains_key(*key)) {
            subjects.insert(text(event, "subject").to_owned(), key.to_owned());
        }
    }
    subjects
}

fn by_type(book: &Ledger, own: &[&Value], found: &mut Findings) {
    let mut counted: BTreeMap<&str, i64> = BTreeMap::new();
    own.iter().for_each(|event| *counted.entry(text(event, "type")).or_default() += 1);
    let expected = book.events();
    let types: BTreeSet<&str> = counted.keys().copied().chain(expected.keys().copied()).collect();
    for kind in types {
        let of = |counts: &BTreeMap<&str, i64>| counts.get(kind).copied().unwrap_or(0);
        found.same(kind, of(&expected), of(&counted));
    }
}

fn positions(events: &[Value], found: &mut Findings) {
    let backwards =
        events.windows(2).filter(|pair| number(&pair[0], "position") >= number(&pair[1], "position"));
    let told =
        backwards.map(|pair| format!("{} is followed by {}", pair[0]["position"], pair[1]["position"]));
    found.each("positions increase", events.len().saturating_sub(1), told.collect());
}

/// Event after event of each subject, without a gap.
fn sequences(own: &[&Value], found: &mut Findings) {
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    let mut told = Vec::new();
    for event in own {
        let (subject, sequence) = (text(event, "subject"), number(event, "sequence"));
        if let Some(before) = last.insert(subject, sequence).filter(|before| before + 1 != sequence) {
            told.push(format!("{subject}: {before} is followed by {sequence}"));
        }
    }
    found.each("sequences have no gap", last.len(), told);
}

/// The last event of each subject is the one its version counts.
fn versions(book: &Ledger, own: &[&Value], mine: &BTreeMap<String, String>, found: &mut Findings) {
    let last: BTreeMap<&str, i64> =
        own.iter().map(|event| (text(event, "subject"), number(event, "sequence"))).collect();
    let reckoned = |key: &str| {
        let call = book.calls.get(key).map(|call| call.record.version);
        let record = |record: &crate::demo::ledger::Record| record.version;
        let other = book.leads.get(key).or_else(|| book.escalations.get(key)).map(record);
        call.or(other).or_else(|| book.contacts.get(key).map(|contact| contact.record.version))
    };
    let of_subject = |(subject, sequence): (&&str, &i64)| {
        let key = mine.get(*subject)?;
        let version = reckoned(key)?;
        (version != *sequence).then(|| format!("{key}: version {version} reckoned, event {sequence} last"))
    };
    found.each("last events are the versions", last.len(), last.iter().filter_map(of_subject).collect());
}

fn text<'a>(event: &'a Value, key: &str) -> &'a str {
    event[key].as_str().unwrap_or_default()
}

fn number(event: &Value, key: &str) -> i64 {
    event[key].as_i64().unwrap_or_default()
}
