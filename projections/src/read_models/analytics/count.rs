//! What each event adds to the roll-ups. Pure: an event is counted by what it says and nothing else.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use seiketsu_domain::call::{CallEvent, CallStatus, Outcome};
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::consent::ConsentEvent;
use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::escalation::EscalationEvent;
use seiketsu_domain::ids::AgentId;
use seiketsu_domain::lead::LeadEvent;
use seiketsu_domain::permission::Effect;
use uuid::Uuid;

use super::{Interval, Subject};
use crate::read_models::word::word;
use crate::{ApplyError, fact_of};

/// Names a row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub tenant: Uuid,
    pub subject: Subject,
    pub grain: Interval,
    pub bucket: DateTime<Utc>,
    pub dimension: String,
    pub metric: Cow<'static, str>,
}

/// What is added to a row. Sums saturate: values of money are anybody's claim.
#[derive(Debug, Clone, Copy, Default)]
pub struct Amount {
    pub count: i64,
    pub sum: i64,
}

impl Amount {
    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
    }
}

/// The sums of a batch, each row once. Sorted, so that rows are always locked in the same order.
///
/// # Errors
/// [`ApplyError::Poison`] where an event does not decode.
pub fn rollups(batch: &[Arc<Envelope>]) -> Result<BTreeMap<Key, Amount>, ApplyError> {
    let mut minutes = BTreeMap::new();
    for envelope in batch {
        let (tenant, at) = (envelope.tenant.0, envelope.occurred_at.get());
        let mut counting = Counting { minutes: &mut minutes, tenant, at };
        match fact_of(envelope)? {
            Fact::Call(event) => counting.call(event)?,
            Fact::Lead(event) => counting.lead(event),
            Fact::Escalation(event) => counting.escalation(event),
            Fact::Consent(event) => counting.consent(event)?,
            Fact::Compliance(_) | Fact::List(_) => {}
        }
    }
    Ok(in_all_grains(minutes))
}

fn in_all_grains(minutes: BTreeMap<Key, Amount>) -> BTreeMap<Key, Amount> {
    let mut rollups: BTreeMap<Key, Amount> = BTreeMap::new();
    for (key, amount) in minutes {
        for grain in Interval::ALL {
            let key = Key { grain, bucket: grain.start(key.bucket), ..key.clone() };
            rollups.entry(key).or_default().add(amount);
        }
    }
    rollups
}

/// Where the event at hand counts.
struct Counting<'a> {
    minutes: &'a mut BTreeMap<Key, Amount>,
    tenant: Uuid,
    at: DateTime<Utc>,
}

impl Counting<'_> {
    fn add(&mut self, subject: Subject, dimension: String, metric: Cow<'static, str>, sum: i64) {
        let grain = Interval::Minute;
        let key =
            Key { tenant: self.tenant, subject, grain, bucket: grain.start(self.at), dimension, metric };
        self.minutes.entry(key).or_default().add(Amount { count: 1, sum });
    }

    fn count(&mut self, subject: Subject, metric: impl Into<Cow<'static, str>>) {
        self.measure(subject, metric, 0);
    }

    fn measure(&mut self, subject: Subject, metric: impl Into<Cow<'static, str>>, value: i64) {
        self.add(subject, String::new(), metric.into(), value);
    }

    /// Counts for calls as a whole, and for the agent where there was one.
    fn count_call(&mut self, agent: Option<AgentId>, metric: impl Into<Cow<'static, str>>) {
        self.measure_call(agent, metric, 0);
    }

    fn measure_call(&mut self, agent: Option<AgentId>, metric: impl Into<Cow<'static, str>>, value: i64) {
        let metric = metric.into();
        if let Some(agent) = agent {
            self.add(Subject::Agents, agent.to_string(), metric.clone(), value);
        }
        self.measure(Subject::Calls, metric, value);
    }

    fn call(&mut self, event: &CallEvent) -> Result<(), ApplyError> {
        use CallEvent as E;
        match event {
            E::Started(e) => self.count_call(e.agent_id, "started"),
            E::Connected(e) => self.count_call(e.agent_id, "connected"),
            E::QualityRecorded(turn) => {
                self.measure_call(turn.agent_id, "response_time_ms", i64::from(turn.response_time_ms));
            }
            E::Escalated(e) => self.count_call(e.agent_id, "escalated"),
            E::Ended(end) => {
                if end.outcome == Outcome::Escalated && end.escalation_id.is_none() {
                    self.count_call(end.agent_id, "escalated");
                }
                let talk = end.connected.then_some(end.duration_seconds);
                self.ended(end.agent_id, end.outcome, end.status, talk)?;
            }
            E::Cancelled(end) => {
                let talk = end.connected.then_some(end.duration_seconds);
                self.ended(end.agent_id, Outcome::Abandoned, CallStatus::Failed, talk)?;
            }
            E::TranscriptAdded(_) | E::PhaseChanged(_) | E::IntakeRecorded(_) | E::LeadLinked(_) => {}
        }
        Ok(())
    }

    fn ended(
        &mut self,
        agent: Option<AgentId>,
        outcome: Outcome,
        status: CallStatus,
        talk: Option<i64>,
    ) -> Result<(), ApplyError> {
        self.count_call(agent, format!("outcome.{}", word(outcome)?));
        match status {
            CallStatus::Completed => self.count_call(agent, "completed"),
            CallStatus::Failed => self.count_call(agent, "failed"),
            CallStatus::Escalated | CallStatus::Active => {}
        }
        if let Some(seconds) = talk {
            self.measure_call(agent, "duration_seconds", seconds);
        }
        Ok(())
    }

    fn lead(&mut self, event: &LeadEvent) {
        use LeadEvent as E;
        let leads = Subject::Leads;
        match event {
            E::Created(_) => self.count(leads, "created"),
            E::Contacted(e) if e.status != e.previous_status => self.count(leads, "contacted"),
            E::Qualified(e) if e.status != e.previous_status => self.count(leads, "qualified"),
            E::AppointmentSet(e) if e.status != e.previous_status => self.count(leads, "appointments"),
            E::Converted(e) => {
                self.count(leads, "converted");
                if let (Some(cents), Some(currency)) = (e.value_cents, &e.currency) {
                    self.measure(leads, format!("value.{}", currency.as_str()), cents);
                }
            }
            E::Lost(_) => self.count(leads, "lost"),
            E::Contacted(_) | E::Qualified(_) | E::AppointmentSet(_) => {}
            E::Updated(_) | E::Archived(_) | E::Assigned(_) | E::NoteAdded(_) | E::FollowUpScheduled(_) => {}
        }
    }

    fn escalation(&mut self, event: &EscalationEvent) {
        use EscalationEvent as E;
        let escalations = Subject::Escalations;
        match event {
            E::Raised(_) => self.count(escalations, "raised"),
            E::Acknowledged(e) => self.noticed(Some(e.waited_seconds)),
            E::Assigned(e) => self.noticed(e.waited_seconds),
            E::Connected(e) => self.noticed(e.waited_seconds),
            E::Resolved(_) => self.count(escalations, "resolved"),
            E::Cancelled(_) => self.count(escalations, "cancelled"),
            E::TimedOut(_) => self.count(escalations, "timed_out"),
        }
    }

    fn noticed(&mut self, waited_seconds: Option<i64>) {
        if let Some(seconds) = waited_seconds {
            self.measure(Subject::Escalations, "acknowledged", seconds);
        }
    }

    fn consent(&mut self, event: &ConsentEvent) -> Result<(), ApplyError> {
        use ConsentEvent as E;
        let consent = Subject::Consent;
        match event {
            E::Granted(_) => self.count(consent, "grants"),
            E::Revoked(_) => self.count(consent, "revocations"),
            E::Checked(check) => {
                self.count(consent, "checks");
                self.count(consent, if check.effect == Effect::Allow { "allowed" } else { "denied" });
                if let Some(rule) = check.primary {
                    self.count(consent, format!("denied.{}", word(rule)?));
                }
            }
            _ => {}
        }
        Ok(())
    }
}
