use serde::{Deserialize, Serialize};

use super::{
    Appointment, AppointmentSet, Band, Contacted, Conversion, Converted, Created, FollowUp,
    FollowUpScheduled, FollowUpStatus, LeadCommand, LeadEvent, LeadRefusal, LeadStatus, Lost, Qualification,
    Qualified, Updated,
};
use crate::aggregate::Decide;
use crate::event::Event;
use crate::ids::{LeadId, TenantId, UserId};
use crate::values::{Email, JsonObject, Name, Phone, Reason, Score, Source, Tag, Timestamp};

/// A lead, as decided on and as shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Lead {
    pub id: LeadId,
    pub organization_id: TenantId,
    pub first_name: Option<Name>,
    pub last_name: Option<Name>,
    pub email: Option<Email>,
    pub phone: Option<Phone>,
    /// Where it came from.
    pub source: Option<Source>,
    pub status: LeadStatus,
    /// The score of its last qualification.
    pub score: Option<Score>,
    pub qualification: Option<Qualification>,
    pub preferences: JsonObject,
    pub assigned_to: Option<UserId>,
    pub tags: Vec<Tag>,
    /// Those nobody has settled yet, in the order they were planned.
    pub follow_ups: Vec<FollowUp>,
    /// When the first of its open follow-ups is due.
    pub next_follow_up_at: Option<Timestamp>,
    pub appointment: Option<Appointment>,
    pub conversion: Option<Conversion>,
    pub lost_reason: Option<Reason>,
    pub archived: bool,
    pub note_count: i64,
    pub last_contacted_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

impl Lead {
    /// Whether somebody should act on it today: hot, and not archived, won or lost.
    #[must_use]
    pub fn is_hot(&self) -> bool {
        let hot = self.qualification.as_ref().is_some_and(|known| known.band == Band::Hot);
        hot && self.status.is_open() && !self.archived
    }
}

crate::aggregate!(Lead as "lead", LeadCommand, LeadEvent, LeadRefusal);

impl Decide for Lead {
    const STATE_VERSION: i32 = 1;

    fn decide(&self, command: &LeadCommand) -> Result<Vec<LeadEvent>, LeadRefusal> {
        use LeadCommand as C;
        match command {
            C::Create(wish) => self.create(wish),
            _ if self.version == 0 => Err(LeadRefusal::NotFound),
            C::Archive { at } => self.archive(*at),
            _ if self.archived => Err(LeadRefusal::Archived),
            C::Update(wish) => self.update(wish),
            C::Qualify(wish) => self.qualify(wish),
            C::Assign { to, at } => self.assign(*to, *at),
            C::Contact(wish) => self.contact(wish),
            C::SetAppointment(wish) => self.set_appointment(wish),
            C::Convert(wish) => self.convert(wish),
            C::Lose { reason, at } => self.lose(reason, *at),
            C::AddNote { text, by, at } => self.add_note(text, *by, *at),
            C::ScheduleFollowUp(wish) => self.schedule_follow_up(wish),
        }
    }

    fn evolve(&mut self, event: &LeadEvent) {
        use LeadEvent as E;
        self.version += 1;
        self.updated_at = event.occurred_at();
        match event {
            E::Created(e) => self.begin(e),
            E::Updated(e) => self.take_over(e),
            E::Archived(_) => self.archived = true,
            E::Qualified(e) => self.judged(e),
            E::Assigned(e) => self.assigned_to = Some(e.to),
            E::Contacted(e) => self.reached(e),
            E::AppointmentSet(e) => self.meets(e),
            E::Converted(e) => self.won(e),
            E::Lost(e) => self.gone(e),
            E::NoteAdded(_) => self.note_count += 1,
            E::FollowUpScheduled(e) => self.planned(e),
        }
    }

    fn pass_over(&mut self) {
        self.version += 1;
    }

    fn version(&self) -> i64 {
        self.version
    }
}

impl Lead {
    fn begin(&mut self, e: &Created) {
        self.id = e.lead_id;
        self.organization_id = e.organization_id;
        self.first_name = e.first_name.clone();
        self.last_name = e.last_name.clone();
        self.email = e.email.clone();
        self.phone = Some(e.phone.clone());
        self.source = Some(e.source.clone());
        self.preferences = e.preferences.clone().unwrap_or_default();
        self.tags = e.tags.clone();
        self.created_at = e.at;
    }

    fn take_over(&mut self, e: &Updated) {
        replace(&mut self.first_name, &e.first_name);
        replace(&mut self.last_name, &e.last_name);
        replace(&mut self.email, &e.email);
        replace(&mut self.phone, &e.phone);
        replace(&mut self.source, &e.source);
        if let Some(preferences) = &e.preferences {
            self.preferences = preferences.clone();
        }
        if let Some(tags) = &e.tags {
            self.tags = tags.clone();
        }
    }

    fn judged(&mut self, e: &Qualified) {
        let earlier = self.qualification.take().and_then(|known| known.answers);
        self.status = e.status;
        self.score = Some(e.score);
        self.qualification = Some(Qualification {
            score: e.score,
            band: e.band,
            reasons: e.reasons.clone(),
            answers: e.answers.clone().or(earlier),
        });
    }

    fn reached(&mut self, e: &Contacted) {
        self.status = e.status;
        self.last_contacted_at = Some(e.at);
        self.keep_follow_ups(|follow_up| follow_up.due_at > e.at);
    }

    fn meets(&mut self, e: &AppointmentSet) {
        self.status = e.status;
        self.appointment =
            Some(Appointment { starts_at: e.starts_at, ends_at: e.ends_at, place: e.place.clone() });
    }

    fn won(&mut self, e: &Converted) {
        self.status = LeadStatus::Converted;
        self.conversion = Some(Conversion { value_cents: e.value_cents, currency: e.currency.clone() });
    }

    fn gone(&mut self, e: &Lost) {
        self.status = LeadStatus::Lost;
        self.lost_reason = Some(e.reason.clone());
        self.keep_follow_ups(|_| false);
    }

    fn planned(&mut self, e: &FollowUpScheduled) {
        self.follow_ups.push(FollowUp {
            id: e.follow_up_id,
            due_at: e.due_at,
            note: e.note.clone(),
            status: FollowUpStatus::Scheduled,
        });
        self.keep_follow_ups(|_| true);
    }

    fn keep_follow_ups(&mut self, open: impl Fn(&FollowUp) -> bool) {
        self.follow_ups.retain(open);
        self.next_follow_up_at = self.follow_ups.iter().map(|follow_up| follow_up.due_at).min();
    }
}

fn replace<T: Clone>(known: &mut Option<T>, newer: &Option<T>) {
    if newer.is_some() {
        known.clone_from(newer);
    }
}
