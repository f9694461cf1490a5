//! Plays one scenario: its commands in their order, each answer held against what must come of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::DemoError;
use super::client::{Answer, Body, Order, Seen, Session};
use super::compare::differences;
use super::kind::{Kind, Noun};
use super::ledger::{Effect, Ledger};
use super::progress::Progress;
use super::script::{Expect, Manner, Script, Step};

/// A scenario under way.
pub struct Player<'a> {
    session: &'a Session,
    progress: &'a Progress,
    /// The beginning of its idempotency keys.
    key: String,
    /// What came up so far, by the names steps use.
    known: BTreeMap<String, String>,
    book: Ledger,
}

/// Why a scenario could not go on.
pub enum Stop {
    /// It went otherwise than written.
    Stumble(String),
    /// The run as a whole cannot go on.
    Failure(DemoError),
}

impl From<DemoError> for Stop {
    fn from(error: DemoError) -> Self {
        Self::Failure(error)
    }
}

impl From<String> for Stop {
    fn from(problem: String) -> Self {
        Self::Stumble(problem)
    }
}

impl<'a> Player<'a> {
    /// `key` must be of this run, scenario and repetition alone.
    #[must_use]
    pub fn new(session: &'a Session, progress: &'a Progress, key: String) -> Self {
        Self { session, progress, key, known: voice_agents(session), book: Ledger::default() }
    }

    /// Plays it to the end, or as far as it goes.
    ///
    /// # Errors
    /// The server does not answer any more.
    pub async fn play(mut self, script: Script) -> Result<(Ledger, Option<String>), DemoError> {
        self.known.insert("phone".to_owned(), script.phone.clone());
        for (place, step) in script.steps.iter().enumerate() {
            match self.step(place, step).await {
                Ok(()) => {}
                Err(Stop::Failure(error)) => return Err(error),
                Err(Stop::Stumble(problem)) => {
                    return Ok((self.book, Some(format!("step {}, {:?}: {problem}", place + 1, step.kind))));
                }
            }
        }
        Ok((self.book, None))
    }

    async fn step(&mut self, place: usize, step: &Step) -> Result<(), Stop> {
        tokio::time::sleep(step.pause).await;
        let endpoint = step.kind.endpoint();
        let (path, body) = (self.fill(endpoint.path)?, self.fill_body(&step.body)?);
        let key = format!("{}-{place}", self.key);
        let order = Order {
            method: endpoint.method.clone(),
            path: &path,
            body: &body,
            key: &key,
            if_match: self.if_match(step, endpoint.noun),
        };
        let answer = self.session.send(&order).await?;
        self.progress.step();
        self.book.commands += 1;
        judge(step, &answer)?;
        if step.manner == Manner::Twice {
            self.again(&order, &answer).await?;
        }
        if matches!(step.expect, Expect::Refused(..)) {
            self.book.refusals += 1;
            return Ok(());
        }
        let unchanged = step.expect == Expect::Unchanged;
        self.book.take(&Effect { kind: step.kind, body: &body, answer: &answer, unchanged })?;
        self.learn(step.kind, &answer.body);
        self.read_own_write(step.kind, &answer).await
    }

    fn if_match(&self, step: &Step, noun: Noun) -> Option<i64> {
        let target = match noun {
            Noun::Call => "call",
            Noun::Lead => "lead",
            Noun::Escalation => "escalation",
            Noun::Consent => "phone",
        };
        let version = self.book.version(noun, self.known.get(target)?)?;
        match step.manner {
            Manner::Insisting => Some(version),
            Manner::Outdated => Some(version - 1),
            Manner::Plain | Manner::Twice => None,
        }
    }

    /// The same order under the same key must be answered from history, word for word.
    async fn again(&mut self, order: &Order<'_>, first: &Answer) -> Result<(), Stop> {
        let second = self.session.send(order).await?;
        if !second.replayed {
            return Err(format!("sent again, and not marked as replayed: {}", second.outcome()).into());
        }
        if (second.status, &second.body, second.version) != (first.status, &first.body, first.version) {
            let told = differences(&first.body, &second.body).join("; ");
            return Err(format!("sent again, and answered otherwise: {} {told}", second.status).into());
        }
        self.book.replays += 1;
        Ok(())
    }

    /// What was written can be read at once, by whoever asks for it.
    async fn read_own_write(&mut self, kind: Kind, answer: &Answer) -> Result<(), Stop> {
        let path = match kind {
            Kind::EndCall => self.fill("/calls/{call}")?,
            Kind::QualifyLead => self.fill("/leads/{lead}")?,
            Kind::ResolveEscalation => self.fill("/escalations/{escalation}")?,
            _ => return Ok(()),
        };
        let token = answer.token.as_deref().ok_or_else(|| "no consistency token".to_owned())?;
        let read = self.session.get(&path, &[], Seen::Token(token)).await?;
        if read.status != 200 {
            return Err(format!("read at once: {}", read.outcome()).into());
        }
        let told = differences(&answer.body, &read.body);
        if !told.is_empty() {
            return Err(format!("read at once: {}", told.join("; ")).into());
        }
        self.book.reads += 1;
        Ok(())
    }

    fn learn(&mut self, kind: Kind, answer: &Value) {
        let mut learn = |name: &str, value: &Value| {
            if let Some(value) = value.as_str() {
                self.known.insert(name.to_owned(), value.to_owned());
            }
        };
        match kind {
            Kind::StartCall => learn("call", &answer["id"]),
            Kind::CreateLead => learn("lead", &answer["id"]),
            Kind::RaiseEscalation => learn("escalation", &answer["id"]),
            Kind::CheckPermission => learn("permit", &answer["permit"]["id"]),
            Kind::ChangeLeads => {
                let items = answer["items"].as_array().into_iter().flatten();
                items.enumerate().for_each(|(n, item)| learn(&format!("item{n}"), &item["resource"]["id"]));
            }
            _ => {}
        }
    }

    /// Replaces `{name}` by what is known under it.
    fn fill(&self, text: &str) -> Result<String, String> {
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
        {
            filled.push_str(before);
            filled.push_str(self.known.get(name).ok_or_else(|| format!("nothing is known as {name}"))?);
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn fill_body(&self, body: &Body) -> Result<Body, String> {
        match body {
            Body::Json(value) => self.fill_value(value).map(Body::Json),
            Body::Csv(text) => Ok(Body::Csv(text.clone())),
        }
    }

    fn fill_value(&self, value: &Value) -> Result<Value, String> {
        match value {
            Value::String(text) => self.fill(text).map(Value::String),
            Value::Array(items) => items.iter().map(|item| self.fill_value(item)).collect(),
            Value::Object(fields) => fields
                .iter()
                .map(|(key, field)| Ok((key.clone(), self.fill_value(field)?)))
                .collect::<Result<serde_json::Map<_, _>, String>>()
                .map(Value::Object),
            other => Ok(other.clone()),
        }
    }
}

/// Ids of the voice agents of an organization: always the same ones, so that their figures add up over runs.
fn voice_agents(session: &Session) -> BTreeMap<String, String> {
    let office = Uuid::try_parse(&session.user).unwrap_or_default();
    let agents = (1..=3).map(|n| format!("agent{n}"));
    let mut known: BTreeMap<_, _> =
        agents.map(|name| (name.clone(), Uuid::new_v5(&office, name.as_bytes()).to_string())).collect();
    known.insert("user".to_owned(), session.user.clone());
    known
}

fn judge(step: &Step, answer: &Answer) -> Result<(), String> {
    let (status, code) = (answer.status, answer.body["code"].as_str().unwrap_or_default());
    let (effect, primary) = (&answer.body["effect"], answer.body["primary"].as_str());
    let good = match &step.expect {
        Expect::Refused(expected, expected_code) => (status, code) == (*expected, *expected_code),
        // A creation that changes nothing is none.
        Expect::Unchanged => status == 200,
        _ if status != step.kind.success() => false,
        Expect::Done if step.kind == Kind::ChangeLeads => statuses(answer).iter().all(|one| *one < 300),
        Expect::Done => true,
        Expect::Allowed => effect == "allow" && answer.body["permit"]["id"].is_string(),
        Expect::Denied(rules) => effect == "deny" && primary.is_some_and(|rule| rules.contains(&rule)),
        Expect::Items(expected) => statuses(answer) == *expected,
    };
    if good {
        return Ok(());
    }
    let told = json!({ "effect": effect, "primary": primary, "items": statuses(answer) });
    Err(format!("{:?} expected, answered {} {told}", step.expect, answer.outcome()))
}

fn statuses(answer: &Answer) -> Vec<u16> {
    let items = answer.body["items"].as_array().into_iter().flatten();
    items.filter_map(|item| u16::try_from(item["status"].as_u64()?).ok()).collect()
}
