//! What must be true afterwards, reckoned from nothing but what was sent and what was answered.

use std::collections::BTreeMap;

use serde_json::Value;

use super::client::{Answer, Body};
use super::kind::{Kind, Noun};

/// A resource as its last command answered it.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// Null where no command answered with the resource itself.
    pub shown: Value,
    /// The consistency token of the last command.
    pub token: String,
    /// The events it must have, by type, in their order; those of earlier runs are not among them.
    pub events: Vec<&'static str>,
    /// The version it must be at.
    pub version: i64,
}

/// A call, with what was said and how fast the answers were.
#[derive(Debug, Clone, Default)]
pub struct CallRecord {
    pub record: Record,
    pub segments: Vec<Value>,
    pub response_times_ms: Vec<i64>,
}

/// What is known about a contact point.
#[derive(Debug, Clone, Default)]
pub struct ContactRecord {
    pub record: Record,
    /// Whether the organization's own list has it.
    pub listed: bool,
}

/// The book of one organization. Books of single scenarios are added up.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// By id.
    pub calls: BTreeMap<String, CallRecord>,
    pub leads: BTreeMap<String, Record>,
    pub escalations: BTreeMap<String, Record>,
    /// By phone number or email address.
    pub contacts: BTreeMap<String, ContactRecord>,
    /// Moves of leads, named as analytics names them, and `value.<currency>` in cents.
    pub moves: BTreeMap<String, i64>,
    /// Answers of permission checks: `allowed`, and `denied.<rule>`.
    pub decisions: BTreeMap<String, i64>,
    /// Commands answered; those sent twice count once.
    pub commands: u64,
    /// Commands that were sent twice and answered alike.
    pub replays: u64,
    /// Commands that were refused, as they had to be.
    pub refusals: u64,
    /// Resources that were read right after they were written, and showed it.
    pub reads: u64,
}

/// A command that took effect.
pub struct Effect<'a> {
    pub kind: Kind,
    /// As sent.
    pub body: &'a Body,
    pub answer: &'a Answer,
    /// Whether it changed nothing, as it had to.
    pub unchanged: bool,
}

impl Effect<'_> {
    fn sent(&self, pointer: &str) -> Option<&str> {
        match self.body {
            Body::Json(body) => body.pointer(pointer)?.as_str(),
            Body::Csv(_) => None,
        }
    }

    fn event(&self) -> &'static str {
        self.kind.endpoint().event
    }
}

impl Record {
    /// Notes an event that this command or another one caused.
    fn happened(&mut self, event: &'static str) {
        self.events.push(event);
        self.version += 1;
    }

    fn answered(&mut self, answer: &Answer) {
        self.shown = answer.body.clone();
        self.token = answer.token.clone().unwrap_or_default();
    }

    /// The text at a key of what was shown.
    #[must_use]
    pub fn text(&self, key: &str) -> &str {
        self.shown[key].as_str().unwrap_or_default()
    }
}

impl Ledger {
    /// Takes down what a command did.
    ///
    /// # Errors
    /// The version answered is not the one reckoned; says both.
    pub fn take(&mut self, effect: &Effect<'_>) -> Result<(), String> {
        match (effect.kind, effect.kind.endpoint().noun) {
            (Kind::ChangeLeads, _) => self.take_bulk(effect),
            (Kind::ImportNumbers, _) => self.take_import(effect),
            (_, Noun::Call) => self.take_call(effect)?,
            (_, Noun::Lead) => self.take_lead(effect)?,
            (_, Noun::Escalation) => self.take_escalation(effect)?,
            (_, Noun::Consent) => self.take_consent(effect)?,
        }
        Ok(())
    }

    fn take_call(&mut self, effect: &Effect<'_>) -> Result<(), String> {
        let call = self.calls.entry(id_of(&effect.answer.body)?).or_default();
        match (effect.kind, effect.body) {
            (Kind::AddTranscript, Body::Json(body)) => {
                call.segments.extend(body["segments"].as_array().into_iter().flatten().cloned());
            }
            (Kind::RecordQuality, Body::Json(body)) => {
                call.response_times_ms.extend(body["responseTimeMs"].as_i64());
            }
            _ => {}
        }
        note(&mut call.record, effect)?;
        let permitted = effect.kind == Kind::StartCall && effect.sent("/permitId").is_some();
        if let Some(phone) = effect.sent("/phoneNumber").filter(|_| permitted) {
            self.contact(phone).record.happened("consent.permit_redeemed");
        }
        Ok(())
    }

    fn take_lead(&mut self, effect: &Effect<'_>) -> Result<(), String> {
        let lead = self.leads.entry(id_of(&effect.answer.body)?).or_default();
        let before = lead.text("status").to_owned();
        note(lead, effect)?;
        let moved = before != lead.text("status");
        let created = effect.kind == Kind::CreateLead;
        if moved && !created && !effect.unchanged {
            self.moved(effect);
        }
        Ok(())
    }

    fn moved(&mut self, effect: &Effect<'_>) {
        let name = match effect.kind {
            Kind::ContactLead => "contacted",
            Kind::QualifyLead => "qualified",
            Kind::SetAppointment => "appointments",
            Kind::ConvertLead => "converted",
            Kind::LoseLead => "lost",
            _ => return,
        };
        *self.moves.entry(name.to_owned()).or_default() += 1;
        let conversion = &effect.answer.body["conversion"];
        let value = (conversion["currency"].as_str(), conversion["valueCents"].as_i64());
        if let (Kind::ConvertLead, (Some(currency), Some(cents))) = (effect.kind, value) {
            *self.moves.entry(format!("value.{currency}")).or_default() += cents;
        }
    }

    fn take_escalation(&mut self, effect: &Effect<'_>) -> Result<(), String> {
        let escalation = self.escalations.entry(id_of(&effect.answer.body)?).or_default();
        note(escalation, effect)?;
        let call = escalation.text("callId").to_owned();
        if effect.kind == Kind::RaiseEscalation {
            self.calls.entry(call).or_default().record.happened("call.escalated");
        }
        Ok(())
    }

    fn take_consent(&mut self, effect: &Effect<'_>) -> Result<(), String> {
        let answered = &effect.answer.body["contact"];
        let answered = answered["phone"].as_str().or_else(|| answered["email"].as_str());
        let sent = effect.sent("/contact/phone").or_else(|| effect.sent("/contact/email"));
        let key = answered.or(sent).ok_or("the answer names no contact point")?.to_owned();
        if effect.kind == Kind::CheckPermission {
            return self.take_check(&key, effect);
        }
        let contact = self.contact(&key);
        match effect.kind {
            Kind::ListNumber => contact.listed = true,
            Kind::DelistNumber => contact.listed = false,
            _ => {}
        }
        note_contact(contact, effect)
    }

    fn take_check(&mut self, key: &str, effect: &Effect<'_>) -> Result<(), String> {
        let decision = &effect.answer.body;
        let rule = decision["primary"].as_str();
        let name = rule.map_or_else(|| "allowed".to_owned(), |rule| format!("denied.{rule}"));
        *self.decisions.entry(name).or_default() += 1;
        let contact = self.contact(key);
        contact.listed |= rule == Some("INTERNAL_DNC");
        // The answer is the decision, not the contact point: what was shown of that stays.
        let shown = contact.record.shown.clone();
        note_contact(contact, effect)?;
        contact.record.shown = shown;
        Ok(())
    }

    fn take_bulk(&mut self, effect: &Effect<'_>) {
        let Body::Json(body) = effect.body else { return };
        let items = effect.answer.body["items"].as_array().into_iter().flatten();
        for (sent, item) in body["items"].as_array().into_iter().flatten().zip(items) {
            let event = match sent["op"].as_str() {
                Some("create") => "lead.created",
                Some("update") => "lead.updated",
                Some("assign") => "lead.assigned",
                _ => "lead.archived",
            };
            match id_of(&item["resource"]) {
                Ok(id) => {
                    let lead = self.leads.entry(id).or_default();
                    lead.happened(event);
                    lead.shown = item["resource"].clone();
                    lead.token = effect.answer.token.clone().unwrap_or_default();
                }
                Err(_) => self.refusals += 1,
            }
        }
    }

    fn take_import(&mut self, effect: &Effect<'_>) {
        let Body::Csv(text) = effect.body else { return };
        for phone in
            text.lines().filter_map(|line| line.split(',').next()).filter(|cell| cell.starts_with('+'))
        {
            let contact = self.contact(phone);
            if !contact.listed {
                contact.listed = true;
                contact.record.happened("consent.dnc_listed");
            }
        }
    }

    fn contact(&mut self, key: &str) -> &mut ContactRecord {
        self.contacts.entry(key.to_owned()).or_default()
    }

    /// The version a resource must be at; `None` where nothing is known of it yet.
    #[must_use]
    pub fn version(&self, noun: Noun, key: &str) -> Option<i64> {
        let record = match noun {
            Noun::Call => self.calls.get(key).map(|call| &call.record),
            Noun::Lead => self.leads.get(key),
            Noun::Escalation => self.escalations.get(key),
            Noun::Consent => self.contacts.get(key).map(|contact| &contact.record),
        };
        record.map(|record| record.version)
    }

    /// Adds the book of another scenario, which has resources of its own.
    pub fn add(&mut self, other: Self) {
        self.calls.extend(other.calls);
        self.leads.extend(other.leads);
        self.escalations.extend(other.escalations);
        self.contacts.extend(other.contacts);
        add_up(&mut self.moves, other.moves);
        add_up(&mut self.decisions, other.decisions);
        self.commands += other.commands;
        self.replays += other.replays;
        self.refusals += other.refusals;
        self.reads += other.reads;
    }

    /// Events by type.
    #[must_use]
    pub fn events(&self) -> BTreeMap<&'static str, i64> {
        let calls = self.calls.values().map(|call| &call.record);
        let contacts = self.contacts.values().map(|contact| &contact.record);
        let records = calls.chain(self.leads.values()).chain(self.escalations.values()).chain(contacts);
        let mut events = BTreeMap::new();
        records.flat_map(|record| &record.events).for_each(|event| *events.entry(*event).or_default() += 1);
        events
    }
}

fn add_up(sums: &mut BTreeMap<String, i64>, more: BTreeMap<String, i64>) {
    more.into_iter().for_each(|(name, count)| *sums.entry(name).or_default() += count);
}

/// Takes down an answer with the resource itself, and compares its version.
fn note(record: &mut Record, effect: &Effect<'_>) -> Result<(), String> {
    if !effect.unchanged {
        record.happened(effect.event());
    }
    record.answered(effect.answer);
    match effect.answer.version {
        Some(version) if version == record.version => Ok(()),
        other => Err(format!("version {} reckoned, {other:?} answered", record.version)),
    }
}

/// As [`note`]; of a contact point that others may have known before, the first answer tells the version.
fn note_contact(contact: &mut ContactRecord, effect: &Effect<'_>) -> Result<(), String> {
    let record = &mut contact.record;
    if record.events.is_empty() && record.version == 0 {
        let own = i64::from(!effect.unchanged);
        record.version = effect.answer.version.ok_or("no version answered")? - own;
    }
    note(record, effect)
}

fn id_of(resource: &Value) -> Result<String, String> {
    resource["id"].as_str().map(str::to_owned).ok_or_else(|| "the answer has no id".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Effect, Ledger};
    use crate::demo::client::{Answer, Body};
    use crate::demo::kind::{Kind, Noun};

    fn answer(version: i64, body: Value) -> Answer {
        Answer {
            status: 200,
            body,
            version: Some(version),
            token: Some(format!("t{version}")),
            cursor: None,
            replayed: false,
            has_more: false,
        }
    }

    fn take(book: &mut Ledger, kind: Kind, sent: Value, answered: &Answer) -> Result<(), String> {
        let body = Body::Json(sent);
        book.take(&Effect { kind, body: &body, answer: answered, unchanged: false })
    }

    #[test]
    fn a_call_with_a_permit_uses_up_the_permit() {
        let mut book = Ledger::default();
        let contact = json!({ "contact": { "phone": "+1" } });
        let allowed = answer(8, json!({ "effect": "allow", "primary": null }));
        take(&mut book, Kind::CheckPermission, contact, &allowed).expect("reckoned");
        let started = answer(1, json!({ "id": "c", "status": "active" }));
        let dial = json!({ "phoneNumber": "+1", "permitId": "p" });
        take(&mut book, Kind::StartCall, dial, &started).expect("reckoned");
        assert_eq!(book.version(Noun::Consent, "+1"), Some(9));
        assert_eq!(book.events()["consent.permit_redeemed"], 1);
        assert_eq!(book.decisions["allowed"], 1);
    }

    #[test]
    fn a_version_that_is_not_as_reckoned_is_told() {
        let mut book = Ledger::default();
        let created = answer(2, json!({ "id": "l", "status": "new" }));
        let told = take(&mut book, Kind::CreateLead, json!({}), &created).expect_err("one event, version 2");
        assert!(told.contains("version 1 reckoned"), "{told}");
    }

    #[test]
    fn a_lead_moves_where_its_status_changes() {
        let mut book = Ledger::default();
        let lead = |version, status| answer(version, json!({ "id": "l", "status": status }));
        take(&mut book, Kind::CreateLead, json!({}), &lead(1, "new")).expect("reckoned");
        take(&mut book, Kind::ContactLead, json!({}), &lead(2, "contacted")).expect("reckoned");
        take(&mut book, Kind::ContactLead, json!({}), &lead(3, "contacted")).expect("reckoned");
        assert_eq!(book.moves.into_iter().collect::<Vec<_>>(), [("contacted".to_owned(), 1)]);
    }

    #[test]
    fn an_escalation_marks_its_call() {
        let mut book = Ledger::default();
        take(&mut book, Kind::StartCall, json!({}), &answer(1, json!({ "id": "c" }))).expect("reckoned");
        let raised = answer(1, json!({ "id": "e", "callId": "c", "status": "raised" }));
        take(&mut book, Kind::RaiseEscalation, json!({}), &raised).expect("reckoned");
        assert_eq!(book.calls["c"].record.events, ["call.started", "call.escalated"]);
        assert_eq!(book.calls["c"].record.version, 2);
    }

    #[test]
    fn an_imported_number_counts_unless_it_was_listed() {
        let mut book = Ledger::default();
        let denied = answer(4, json!({ "effect": "deny", "primary": "INTERNAL_DNC" }));
        take(&mut book, Kind::CheckPermission, json!({ "contact": { "phone": "+1" } }), &denied)
            .expect("known");
        let body = Body::Csv("phone,reason\n+1,x\n+2,y\nnobody,z\n".into());
        let done = answer(0, json!({ "listed": 2 }));
        book.take(&Effect { kind: Kind::ImportNumbers, body: &body, answer: &done, unchanged: false })
            .expect("reckoned");
        assert_eq!(book.events()["consent.dnc_listed"], 1);
    }
}
