//! What each event adds to the counters. Pure: an event is counted by what it says and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use seiketsu_domain::call::{CallEvent, CallStatus, Outcome};
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::consent::ConsentEvent;
use seiketsu_domain::envelope::Envelope;
use seiketsu_domain::lead::{Band, LeadEvent, LeadStatus};
use seiketsu_domain::permission::Effect;
use seiketsu_domain::values::Score;
use uuid::Uuid;

use crate::read_models::word::word;
use crate::{ApplyError, fact_of};

/// Metric and dimension.
pub type Counter = (&'static str, String);

/// The sums of a batch, each counter once. Sorted, so that rows are always locked in the same order.
#[derive(Debug, Default)]
pub struct Counts {
    pub days: BTreeMap<(Uuid, NaiveDate, Counter), i64>,
    pub totals: BTreeMap<(Uuid, Counter), i64>,
}

impl Counts {
    /// # Errors
    /// [`ApplyError::Poison`] where an event does not decode.
    pub fn of(batch: &[Arc<Envelope>]) -> Result<Self, ApplyError> {
        let mut counts = Self::default();
        for envelope in batch {
            let (tenant, day) = (envelope.tenant.0, envelope.occurred_at.date());
            let mut counter = Counting { counts: &mut counts, tenant, day };
            match fact_of(envelope)? {
                Fact::Call(event) => counter.call(event),
                Fact::Lead(event) => counter.lead(event)?,
                Fact::Consent(event) => counter.consent(event)?,
                Fact::Compliance(_) | Fact::Escalation(_) | Fact::List(_) => {}
            }
        }
        Ok(counts)
    }
}

/// Where the event at hand counts.
struct Counting<'a> {
    counts: &'a mut Counts,
    tenant: Uuid,
    day: NaiveDate,
}

impl Counting<'_> {
    fn today(&mut self, metric: &'static str, by: i64) {
        self.today_by(metric, String::new(), by);
    }

    fn today_by(&mut self, metric: &'static str, dimension: String, by: i64) {
        *self.counts.days.entry((self.tenant, self.day, (metric, dimension))).or_default() += by;
    }

    fn total(&mut self, metric: &'static str, by: i64) {
        self.total_by(metric, String::new(), by);
    }

    fn total_by(&mut self, metric: &'static str, dimension: String, by: i64) {
        *self.counts.totals.entry((self.tenant, (metric, dimension))).or_default() += by;
    }

    fn call(&mut self, event: &CallEvent) {
        use CallEvent as E;
        match event {
            E::Started(_) => {
                self.today("calls.started", 1);
                self.total("calls.active", 1);
            }
            E::QualityRecorded(turn) => {
                self.today("calls.turns", 1);
                self.today("calls.response_time_ms", i64::from(turn.response_time_ms));
            }
            E::Escalated(_) => self.today("calls.escalated", 1),
            E::Ended(end) => {
                self.today("calls.completed", i64::from(end.status == CallStatus::Completed));
                let handed_over = end.outcome == Outcome::Escalated && end.escalation_id.is_none();
                self.today("calls.escalated", i64::from(handed_over));
                self.closed(end.connected, end.duration_seconds);
            }
            E::Cancelled(end) => self.closed(end.connected, end.duration_seconds),
            E::Connected(_)
            | E::TranscriptAdded(_)
            | E::PhaseChanged(_)
            | E::IntakeRecorded(_)
            | E::LeadLinked(_) => {}
        }
    }

    fn closed(&mut self, connected: bool, duration_seconds: i64) {
        self.total("calls.active", -1);
        if connected {
            self.today("calls.talks", 1);
            self.today("calls.seconds", duration_seconds);
        }
    }

    fn lead(&mut self, event: &LeadEvent) -> Result<(), ApplyError> {
        use LeadEvent as E;
        match event {
            E::Created(_) => {
                self.today("leads.created", 1);
                self.leads(LeadStatus::New, None, 1)?;
            }
            E::Qualified(e) => {
                self.leads(e.previous_status, e.previous_score, -1)?;
                self.leads(e.status, Some(e.score), 1)?;
            }
            // These two move a lead from one open status to another, or nowhere: what is hot stays hot.
            E::Contacted(e) => self.moved(e.previous_status, e.status)?,
            E::AppointmentSet(e) => self.moved(e.previous_status, e.status)?,
            E::Converted(e) => {
                self.leads(e.previous_status, e.score, -1)?;
                self.leads(LeadStatus::Converted, e.score, 1)?;
            }
            E::Lost(e) => {
                self.leads(e.previous_status, e.score, -1)?;
                self.leads(LeadStatus::Lost, e.score, 1)?;
            }
            E::Archived(e) => self.leads(e.status, e.score, -1)?,
            E::Updated(_) | E::Assigned(_) | E::NoteAdded(_) | E::FollowUpScheduled(_) => {}
        }
        Ok(())
    }

    /// Adds or takes away one lead of a status and score.
    fn leads(&mut self, status: LeadStatus, score: Option<Score>, by: i64) -> Result<(), ApplyError> {
        self.total_by("leads", word(status)?, by);
        let hot = status.is_open() && score.is_some_and(|score| Band::of(score) == Band::Hot);
        self.total("leads.hot", if hot { by } else { 0 });
        Ok(())
    }

    fn moved(&mut self, from: LeadStatus, to: LeadStatus) -> Result<(), ApplyError> {
        self.leads(from, None, -1)?;
        self.leads(to, None, 1)
    }

    fn consent(&mut self, event: &ConsentEvent) -> Result<(), ApplyError> {
        use ConsentEvent as E;
        match event {
            E::Granted(_) => self.today("consent.grants", 1),
            E::Revoked(_) => self.today("consent.revocations", 1),
            E::Checked(check) => {
                self.today("consent.checks", 1);
                self.today("consent.denied", i64::from(check.effect == Effect::Deny));
                if let Some(rule) = check.primary {
                    self.today_by("consent.denied_by_rule", word(rule)?, 1);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
