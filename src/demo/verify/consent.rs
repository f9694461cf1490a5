//! Contact point by contact point: what is known now, what was known before each revocation, and all of its history.

use chrono::{DateTime, TimeDelta};
use serde_json::Value;

use super::{Office, ask_each};
use crate::demo::DemoError;
use crate::demo::client::Seen;
use crate::demo::compare::differences;
use crate::demo::day::time;
use crate::demo::ledger::ContactRecord;
use crate::demo::report::Findings;

pub(super) async fn verify(
    office: &Office<'_>,
    seen: Seen<'_>,
    found: &mut Findings,
) -> Result<(), DemoError> {
    let reader = Reader { office, seen };
    let contacts = &office.book.contacts;
    office.section(found, "consent");
    let told = ask_each(contacts, |(key, contact)| reader.state(key, contact)).await?;
    found.each("contact points are as answered", contacts.len(), told);
    let told = ask_each(contacts, |(key, contact)| reader.history(key, contact)).await?;
    found.each("histories are whole", contacts.len(), told);
    let revoked: Vec<_> =
        contacts.iter().filter(|(_, one)| one.record.events.contains(&"consent.revoked")).collect();
    let told = ask_each(revoked.clone(), |(key, contact)| reader.around_revocation(key, contact)).await?;
    found.each("states before and after a revocation", revoked.len(), told);
    for status in ["granted", "revoked", "dnc", "none"] {
        let of_status = |contact: &ContactRecord| stands_out(contact) == status;
        reader.compare(&format!("status {status}"), ("status", status), of_status, found).await?;
    }
    for channel in ["voice", "sms", "email"] {
        let covered = |contact: &ContactRecord| covers(contact, channel);
        reader.compare(&format!("channel {channel}"), ("channel", channel), covered, found).await?;
    }
    Ok(())
}

/// What stands out of a contact point: the list beats everything, then whatever came last.
fn stands_out(contact: &ContactRecord) -> &'static str {
    let shown = &contact.record.shown;
    let last = |field: &str| shown[field].as_array()?.iter().filter_map(|one| one["sequence"].as_i64()).max();
    match (contact.listed, last("grants"), last("revocations")) {
        (true, ..) => "dnc",
        (false, None, None) => "none",
        (false, granted, revoked) if granted > revoked => "granted",
        _ => "revoked",
    }
}

fn covers(contact: &ContactRecord, channel: &str) -> bool {
    let grants = contact.record.shown["grants"].as_array();
    let mut channels = grants.into_iter().flatten().flat_map(|grant| grant["channels"].as_array()).flatten();
    channels.any(|covered| covered == channel)
}

struct Reader<'a> {
    office: &'a Office<'a>,
    seen: Seen<'a>,
}

impl Reader<'_> {
    async fn ask(&self, key: &str, at: Option<&str>) -> Result<Value, DemoError> {
        let mut query = vec![(name(key), key)];
        query.extend(at.map(|at| ("at", at)));
        let answer = self.office.session.get("/consents/state", &query, self.seen).await?;
        answer.expect(200, "the state of consent")
    }

    /// Of a list, those contact points that the run had to do with.
    async fn compare(
        &self,
        what: &str,
        filter: (&str, &str),
        belongs: impl Fn(&ContactRecord) -> bool,
        found: &mut Findings,
    ) -> Result<(), DemoError> {
        let rows = self.office.session.all("/consents", &[filter], self.seen).await?;
        let contacts = &self.office.book.contacts;
        let keys = rows.iter().filter_map(|row| {
            let contact = &row["contact"];
            contact["phone"].as_str().or_else(|| contact["email"].as_str())
        });
        let shown = keys.filter(|key| contacts.contains_key(*key)).map(str::to_owned).collect();
        let mine = contacts.iter().filter(|(_, contact)| belongs(contact));
        found.set(what, mine.map(|(key, _)| key.clone()).collect(), shown);
        Ok(())
    }

    async fn state(&self, key: &str, contact: &ContactRecord) -> Result<Option<String>, DemoError> {
        let state = self.ask(key, None).await?;
        let mut told = Vec::new();
        if state["version"].as_i64() != Some(contact.record.version) {
            told.push(format!("version {} expected, {} found", contact.record.version, state["version"]));
        }
        // Checks and permits come after the answer that showed the contact point; what it allows does not.
        let shown = &contact.record.shown;
        for field in ["contact", "grants", "revocations", "internalDnc"] {
            if !shown.is_null() {
                told.extend(
                    differences(&shown[field], &state[field]).iter().map(|one| format!("{field}{one}")),
                );
            }
        }
        Ok(sentence(key, &told))
    }

    /// Every event of the contact point, those of earlier runs included.
    async fn history(&self, key: &str, contact: &ContactRecord) -> Result<Option<String>, DemoError> {
        let rows = self.office.session.all("/consents/history", &[(name(key), key)], self.seen).await?;
        let mut told = Vec::new();
        if i64::try_from(rows.len()).ok() != Some(contact.record.version) {
            told.push(format!("{} entries expected, {} found", contact.record.version, rows.len()));
        }
        // The latest come first; those of this run are the last that happened.
        let own = rows.iter().take(contact.record.events.len()).rev();
        let shown: Vec<&str> = own.filter_map(|row| row["type"].as_str()).collect();
        if shown != contact.record.events {
            told.push(format!("{:?} expected at the end, {shown:?} found", contact.record.events));
        }
        let places = rows.iter().rev().map(|row| row["sequence"].as_i64());
        if !places.eq((1..).map(Some).take(rows.len())) {
            told.push("the sequence has gaps".to_owned());
        }
        Ok(sentence(key, &told))
    }

    /// A millisecond before it the revocation is not there and the grants are; at its time it is.
    async fn around_revocation(
        &self,
        key: &str,
        contact: &ContactRecord,
    ) -> Result<Option<String>, DemoError> {
        let count = |state: &Value, field: &str| state[field].as_array().map_or(0, Vec::len);
        let revocations = contact.record.shown["revocations"].as_array();
        let Some(occurred) = revocations.and_then(|all| all.last()?["occurredAt"].as_str()) else {
            return Ok(Some(format!("{key}: the answer shows no revocation")));
        };
        let moment = DateTime::parse_from_rfc3339(occurred).unwrap_or_default().to_utc();
        let before = self.ask(key, Some(&time(moment - TimeDelta::milliseconds(1)))).await?;
        let after = self.ask(key, Some(occurred)).await?;
        let mut told = Vec::new();
        if count(&before, "revocations") + 1 != count(&after, "revocations") {
            told.push("the revocation does not begin to count at its time".to_owned());
        }
        if count(&before, "grants") == 0 || count(&before, "grants") != count(&after, "grants") {
            told.push("grants are lost in the past".to_owned());
        }
        Ok(sentence(key, &told))
    }
}

fn name(key: &str) -> &'static str {
    if key.starts_with('+') { "phone" } else { "email" }
}

fn sentence(key: &str, told: &[String]) -> Option<String> {
    (!told.is_empty()).then(|| format!("{key}: {}", told.join("; ")))
}
