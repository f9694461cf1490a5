//! What a lead says to each wish. Who may wish at all (it exists, it is not archived) is settled before.

use std::collections::BTreeSet;

use super::{
    Appointment, AppointmentSet, Archived, Assigned, ContactLead, Contacted, Conversion, ConvertLead,
    Converted, CreateLead, Created, FollowUpScheduled, Lead, LeadEvent, LeadRefusal, LeadStatus, Lost,
    NoteAdded, Qualification, Qualified, QualifyLead, ScheduleFollowUp, SetAppointment, UpdateLead, Updated,
};
use crate::ids::UserId;
use crate::values::{Note, Reason, Tag, Timestamp};

const MAX_TAGS: usize = 20;
const MAX_OPEN_FOLLOW_UPS: usize = 50;
/// How long ago an appointment may have started, in seconds: a day.
const APPOINTMENT_TOLERANCE_SECONDS: i64 = 86_400;
/// How long ago a follow-up may be due, in seconds: clocks differ.
const FOLLOW_UP_TOLERANCE_SECONDS: i64 = 60;

type Decision = Result<Vec<LeadEvent>, LeadRefusal>;

impl Lead {
    pub(super) fn create(&self, wish: &CreateLead) -> Decision {
        if self.version > 0 {
            return Err(LeadRefusal::AlreadyCreated);
        }
        Ok(vec![
            Created {
                lead_id: wish.lead_id,
                organization_id: wish.organization_id,
                first_name: wish.first_name.clone(),
                last_name: wish.last_name.clone(),
                email: wish.email.clone(),
                phone: wish.phone.clone(),
                source: wish.source.clone(),
                preferences: wish.preferences.clone(),
                tags: distinct(&wish.tags)?,
                at: wish.at,
            }
            .into(),
        ])
    }

    pub(super) fn update(&self, wish: &UpdateLead) -> Decision {
        let tags = wish.tags.as_deref().map(distinct).transpose()?;
        let changes = Updated {
            first_name: changed(&wish.first_name, self.first_name.as_ref()),
            last_name: changed(&wish.last_name, self.last_name.as_ref()),
            email: changed(&wish.email, self.email.as_ref()),
            phone: changed(&wish.phone, self.phone.as_ref()),
            source: changed(&wish.source, self.source.as_ref()),
            preferences: changed(&wish.preferences, Some(&self.preferences)),
            tags: changed(&tags, Some(&self.tags)),
            at: wish.at,
        };
        let nothing = Updated { at: wish.at, ..Updated::default() };
        Ok(if changes == nothing { vec![] } else { vec![changes.into()] })
    }

    pub(super) fn archive(&self, at: Timestamp) -> Decision {
        if self.archived {
            return Ok(vec![]);
        }
        Ok(vec![Archived { status: self.status, score: self.score, at }.into()])
    }

    pub(super) fn qualify(&self, wish: &QualifyLead) -> Decision {
        let judgement = Qualification::of(self, wish);
        if self.qualification.as_ref() == Some(&judgement) {
            return Ok(vec![]);
        }
        self.require_open()?;
        Ok(vec![
            Qualified {
                score: judgement.score,
                band: judgement.band,
                reasons: judgement.reasons,
                answers: wish.answers.clone(),
                previous_score: self.score,
                previous_status: self.status,
                status: self.status.when_scored(judgement.score),
                at: wish.at,
            }
            .into(),
        ])
    }

    pub(super) fn assign(&self, to: UserId, at: Timestamp) -> Decision {
        if self.assigned_to == Some(to) {
            return Ok(vec![]);
        }
        Ok(vec![Assigned { to, previous: self.assigned_to, at }.into()])
    }

    pub(super) fn contact(&self, wish: &ContactLead) -> Decision {
        self.require_not_lost()?;
        Ok(vec![
            Contacted {
                channel: wish.channel,
                note: wish.note.clone(),
                previous_status: self.status,
                status: self.status.when_contacted(),
                at: wish.at,
            }
            .into(),
        ])
    }

    pub(super) fn set_appointment(&self, wish: &SetAppointment) -> Decision {
        let SetAppointment { starts_at, ends_at, place, at } = wish.clone();
        let appointment = Appointment { starts_at, ends_at, place: place.clone() };
        if self.appointment.as_ref() == Some(&appointment) {
            return Ok(vec![]);
        }
        self.require_open()?;
        if ends_at.is_some_and(|end| end <= starts_at) {
            return Err(LeadRefusal::AppointmentEndsBeforeStart);
        }
        if starts_at.plus_seconds(APPOINTMENT_TOLERANCE_SECONDS) < at {
            return Err(LeadRefusal::AppointmentInPast);
        }
        let (previous_status, status) = (self.status, LeadStatus::AppointmentSet);
        Ok(vec![AppointmentSet { starts_at, ends_at, place, previous_status, status, at }.into()])
    }

    pub(super) fn convert(&self, wish: &ConvertLead) -> Decision {
        let ConvertLead { value_cents, currency, at } = wish.clone();
        let conversion = Conversion { value_cents, currency: currency.clone() };
        if self.conversion.as_ref() == Some(&conversion) {
            return Ok(vec![]);
        }
        self.require_open()?;
        match (value_cents, &currency) {
            (Some(cents), _) if cents < 0 => Err(LeadRefusal::ValueNegative),
            (Some(_), None) => Err(LeadRefusal::CurrencyMissing),
            (None, Some(_)) => Err(LeadRefusal::ValueMissing),
            _ => Ok(vec![
                Converted { value_cents, currency, previous_status: self.status, score: self.score, at }
                    .into(),
            ]),
        }
    }

    pub(super) fn lose(&self, reason: &Reason, at: Timestamp) -> Decision {
        if self.lost_reason.as_ref() == Some(reason) {
            return Ok(vec![]);
        }
        self.require_open()?;
        let reason = reason.clone();
        Ok(vec![Lost { reason, previous_status: self.status, score: self.score, at }.into()])
    }

    pub(super) fn add_note(&self, text: &Note, by: UserId, at: Timestamp) -> Decision {
        Ok(vec![NoteAdded { text: text.clone(), by, at }.into()])
    }

    pub(super) fn schedule_follow_up(&self, wish: &ScheduleFollowUp) -> Decision {
        let ScheduleFollowUp { follow_up_id, due_at, note, at } = wish.clone();
        if self.follow_ups.iter().any(|known| known.id == follow_up_id) {
            return Ok(vec![]);
        }
        self.require_not_lost()?;
        if due_at.plus_seconds(FOLLOW_UP_TOLERANCE_SECONDS) < at {
            return Err(LeadRefusal::FollowUpInPast);
        }
        if self.follow_ups.len() >= MAX_OPEN_FOLLOW_UPS {
            return Err(LeadRefusal::TooManyFollowUps);
        }
        Ok(vec![FollowUpScheduled { follow_up_id, due_at, note, at }.into()])
    }

    fn require_open(&self) -> Result<(), LeadRefusal> {
        match self.status {
            LeadStatus::Converted => Err(LeadRefusal::Converted),
            _ => self.require_not_lost(),
        }
    }

    fn require_not_lost(&self) -> Result<(), LeadRefusal> {
        match self.status {
            LeadStatus::Lost => Err(LeadRefusal::Lost),
            _ => Ok(()),
        }
    }
}

/// The tags in the order they were given, each once.
fn distinct(tags: &[Tag]) -> Result<Vec<Tag>, LeadRefusal> {
    let mut seen = BTreeSet::new();
    let distinct: Vec<Tag> = tags.iter().filter(|tag| seen.insert(*tag)).cloned().collect();
    if distinct.len() > MAX_TAGS {
        return Err(LeadRefusal::TooManyTags);
    }
    Ok(distinct)
}

fn changed<T: Clone + PartialEq>(wished: &Option<T>, known: Option<&T>) -> Option<T> {
    wished.clone().filter(|wished| Some(wished) != known)
}
