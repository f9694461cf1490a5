//! The lists, filter by filter and page by page: what the run made is in them, once, and nothing that does not belong.

use serde_json::Value;

use super::reckoning::{is_hot, is_open};
use super::{Office, ids};
use crate::demo::DemoError;
use crate::demo::client::Seen;
use crate::demo::ledger::{CallRecord, Record};
use crate::demo::report::Findings;

/// Of filters with very many values, this many are tried.
const SAMPLES: usize = 12;

pub(super) async fn verify(
    office: &Office<'_>,
    seen: Seen<'_>,
    found: &mut Findings,
) -> Result<(), DemoError> {
    office.section(found, "lists of calls");
    Calls::of(office, seen).verify(found).await?;
    office.section(found, "lists of leads");
    Leads { office, seen }.verify(found).await?;
    office.section(found, "escalation queue");
    queue(office, seen, found).await
}

struct Calls<'a> {
    office: &'a Office<'a>,
    seen: Seen<'a>,
    /// When the first call of the run started, by the server's clock.
    since: String,
}

impl<'a> Calls<'a> {
    fn of(office: &'a Office<'a>, seen: Seen<'a>) -> Self {
        let started = office.book.calls.values().map(|call| call.record.text("startedAt"));
        Self { office, seen, since: started.min().unwrap_or_default().to_owned() }
    }

    async fn verify(&self, found: &mut Findings) -> Result<(), DemoError> {
        self.compare("all of the run", &[], |_| true, found).await?;
        for status in ["active", "completed", "failed", "escalated"] {
            let of_status = |call: &CallRecord| call.record.text("status") == status;
            self.compare(&format!("status {status}"), &[("status", status)], of_status, found).await?;
        }
        for direction in ["inbound", "outbound"] {
            let of_direction = |call: &CallRecord| call.record.text("direction") == direction;
            self.compare(direction, &[("direction", direction)], of_direction, found).await?;
        }
        self.by_value("leadId", found).await?;
        self.by_value("agentId", found).await?;
        self.by_value("phoneNumber", found).await?;
        self.by_words(found).await?;
        self.in_order("startedAt", found).await?;
        self.in_order("-durationSeconds", found).await
    }

    async fn rows(&self, query: &[(&str, &str)]) -> Result<Vec<Value>, DemoError> {
        let query = [query, &[("startedAfter", self.since.as_str())]].concat();
        self.office.session.all("/calls", &query, self.seen).await
    }

    async fn compare(
        &self,
        what: &str,
        query: &[(&str, &str)],
        belongs: impl Fn(&CallRecord) -> bool,
        found: &mut Findings,
    ) -> Result<(), DemoError> {
        let rows = self.rows(query).await?;
        let mine = self.office.book.calls.iter().filter(|(_, call)| belongs(call));
        found.set(what, mine.map(|(id, _)| id.clone()).collect(), ids(&rows));
        Ok(())
    }

    /// Several values of one field, told together.
    async fn by_value(&self, field: &str, found: &mut Findings) -> Result<(), DemoError> {
        let calls = &self.office.book.calls;
        let mut values: Vec<&str> = calls.values().map(|call| call.record.text(field)).collect();
        values.sort_unstable();
        values.dedup();
        values.retain(|value| !value.is_empty());
        let (mut expected, mut shown) = (Vec::new(), Vec::new());
        for value in values.into_iter().take(SAMPLES) {
            let mine = calls.iter().filter(|(_, call)| call.record.text(field) == value);
            expected.extend(mine.map(|(id, _)| id.clone()));
            shown.extend(ids(&self.rows(&[(field, value)]).await?));
        }
        found.set(format!("by {field}"), expected, shown);
        Ok(())
    }

    /// Words of the conversations, each found where it was said, told or summed up, and nowhere else.
    async fn by_words(&self, found: &mut Findings) -> Result<(), DemoError> {
        for word in ["kitchen", "voicemail", "ibuprofen", "ambulance"] {
            let has_word = |call: &CallRecord| words(call).any(|said| said.eq_ignore_ascii_case(word));
            self.compare(&format!("words: {word}"), &[("q", word)], has_word, found).await?;
        }
        Ok(())
    }

    async fn in_order(&self, sort: &str, found: &mut Findings) -> Result<(), DemoError> {
        let rows = self.rows(&[("sort", sort)]).await?;
        let key = |row: &Value| row[sort.trim_start_matches('-')].clone();
        let wrong = rows.windows(2).filter(|pair| {
            let (one, other) = (key(&pair[0]), key(&pair[1]));
            if sort.starts_with('-') { less(&one, &other) } else { less(&other, &one) }
        });
        let told = wrong.map(|pair| format!("{} before {}", key(&pair[0]), key(&pair[1]))).collect();
        found.each(format!("sorted by {sort}"), rows.len(), told);
        Ok(())
    }
}

fn less(one: &Value, other: &Value) -> bool {
    match (one.as_i64(), other.as_i64()) {
        (Some(one), Some(other)) => one < other,
        _ => one.as_str() < other.as_str(),
    }
}

/// Every word a call is to be found by.
fn words(call: &CallRecord) -> impl Iterator<Item = String> {
    let mut text = call.record.text("summary").to_owned();
    for segment in &call.segments {
        text.push(' ');
        text.push_str(segment["text"].as_str().unwrap_or_default());
    }
    strings(&call.record.shown["intake"]["data"], &mut text);
    let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>();
    words.into_iter()
}

fn strings(value: &Value, text: &mut String) {
    match value {
        Value::String(words) => text.extend([" ", words.as_str()]),
        Value::Array(items) => items.iter().for_each(|item| strings(item, text)),
        Value::Object(fields) => fields.values().for_each(|field| strings(field, text)),
        _ => {}
    }
}

struct Leads<'a> {
    office: &'a Office<'a>,
    seen: Seen<'a>,
}

impl Leads<'_> {
    async fn verify(&self, found: &mut Findings) -> Result<(), DemoError> {
        let tag = self.office.run.tag();
        let tagged = [("tag", tag.as_str())];
        self.compare("by tag", &tagged, |_| true, found).await?;
        for status in ["new", "contacted", "qualified", "appointment_set", "converted", "lost"] {
            let query = [tagged[0], ("status", status)];
            let of_status = |lead: &Record| lead.text("status") == status;
            self.compare(&format!("status {status}"), &query, of_status, found).await?;
        }
        for source in ["phone", "website", "portal", "portal import", "open house", "referral", "practice"] {
            let of_source = |lead: &Record| lead.text("source") == source;
            let query = [tagged[0], ("source", source)];
            self.compare(&format!("source {source}"), &query, of_source, found).await?;
        }
        let score = |lead: &Record| lead.shown["score"].as_i64();
        let query = [tagged[0], ("minScore", "70")];
        self.compare("score from 70", &query, |lead| score(lead) >= Some(70), found).await?;
        let query = [tagged[0], ("maxScore", "39")];
        let low = |lead: &Record| score(lead).is_some_and(|score| score <= 39);
        self.compare("score to 39", &query, low, found).await?;
        let user = self.office.session.user.as_str();
        let query = [tagged[0], ("assignedTo", user)];
        self.compare("by assignee", &query, |lead| lead.text("assignedTo") == user, found).await?;
        self.by_words(found).await?;
        self.hot(found).await
    }

    async fn compare(
        &self,
        what: &str,
        query: &[(&str, &str)],
        belongs: impl Fn(&Record) -> bool,
        found: &mut Findings,
    ) -> Result<(), DemoError> {
        let rows = self.office.session.all("/leads", query, self.seen).await?;
        let listed = |lead: &Record| lead.shown["archived"] != true && belongs(lead);
        let mine = self.office.book.leads.iter().filter(|(_, lead)| listed(lead));
        found.set(what, mine.map(|(id, _)| id.clone()).collect(), ids(&rows));
        Ok(())
    }

    /// Addresses, which contain the run and nothing of another one.
    async fn by_words(&self, found: &mut Findings) -> Result<(), DemoError> {
        let leads = self.office.book.leads.values().filter(|lead| lead.shown["archived"] != true);
        let addressed = leads.filter(|lead| lead.shown["email"].is_string()).take(SAMPLES);
        let (mut expected, mut shown) = (Vec::new(), Vec::new());
        for lead in addressed {
            expected.push(lead.text("id").to_owned());
            shown.extend(ids(&self
                .office
                .session
                .all("/leads", &[("q", lead.text("email"))], self.seen)
                .await?));
        }
        found.set("by address", expected, shown);
        Ok(())
    }

    async fn hot(&self, found: &mut Findings) -> Result<(), DemoError> {
        let rows = self.office.session.all("/leads/hot", &[], self.seen).await?;
        let mine =
            |row: &&Value| row["id"].as_str().is_some_and(|id| self.office.book.leads.contains_key(id));
        let shown: Vec<Value> = rows.iter().filter(mine).cloned().collect();
        let hot = self.office.book.leads.iter().filter(|(_, lead)| is_hot(lead));
        found.set("hot", hot.map(|(id, _)| id.clone()).collect(), ids(&shown));
        let score = |row: &Value| row["score"].as_i64().unwrap_or(0);
        let wrong = rows.windows(2).filter(|pair| score(&pair[0]) < score(&pair[1]));
        let told = wrong.map(|pair| format!("{} before {}", score(&pair[0]), score(&pair[1]))).collect();
        found.each("hot, the most promising first", rows.len(), told);
        Ok(())
    }
}

async fn queue(office: &Office<'_>, seen: Seen<'_>, found: &mut Findings) -> Result<(), DemoError> {
    let rows = office.session.all("/escalations", &[], seen).await?;
    let mine = |row: &&Value| row["id"].as_str().is_some_and(|id| office.book.escalations.contains_key(id));
    let shown: Vec<Value> = rows.iter().filter(mine).cloned().collect();
    found.set("all of the run", office.book.escalations.keys().cloned().collect(), ids(&shown));
    let open: Vec<Value> = shown.iter().filter(|row| is_open(row)).cloned().collect();
    let waiting = office.book.escalations.iter().filter(|(_, escalation)| is_open(&escalation.shown));
    found.set("open ones", waiting.map(|(id, _)| id.clone()).collect(), ids(&open));
    let wrong = rows.windows(2).filter(|pair| place(&pair[0]) > place(&pair[1]));
    let told = wrong.map(|pair| format!("{} before {}", pair[0]["id"], pair[1]["id"])).collect();
    found.each("open first, then urgent, then oldest", rows.len(), told);
    for status in ["raised", "acknowledged", "assigned", "connected", "resolved", "cancelled"] {
        let rows = office.session.all("/escalations", &[("status", status)], seen).await?;
        let shown = ids(&rows).into_iter().filter(|id| office.book.escalations.contains_key(id)).collect();
        let mine = office.book.escalations.iter().filter(|(_, one)| one.text("status") == status);
        found.set(format!("status {status}"), mine.map(|(id, _)| id.clone()).collect(), shown);
    }
    Ok(())
}

/// Where an escalation stands in the queue.
fn place(row: &Value) -> (bool, usize, &str) {
    let priority = row["priority"].as_str().unwrap_or_default();
    let urgency = ["critical", "high", "normal"].iter().position(|one| *one == priority);
    (!is_open(row), urgency.unwrap_or(usize::MAX), row["raisedAt"].as_str().unwrap_or_default())
}
