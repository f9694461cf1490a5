//! Events as people read them.

use seiketsu_domain::call::CallEvent;
use seiketsu_domain::lead::{Band, LeadEvent, LeadStatus, Qualified};
use seiketsu_domain::values::Channel;

use crate::read_models::call_timeline::tell;

/// One sentence about an event of a call; `None` for what is only of interest within the call.
pub(super) fn call(event: &CallEvent) -> Option<String> {
    use CallEvent as E;
    match event {
        E::Started(_)
        | E::Connected(_)
        | E::LeadLinked(_)
        | E::Escalated(_)
        | E::Ended(_)
        | E::Cancelled(_) => Some(tell::call(event)),
        E::TranscriptAdded(_) | E::PhaseChanged(_) | E::IntakeRecorded(_) | E::QualityRecorded(_) => None,
    }
}

/// One sentence about an event of a lead.
pub(super) fn lead(event: &LeadEvent) -> String {
    use LeadEvent as E;
    match event {
        E::Created(_) => "The lead came in".into(),
        E::Updated(_) => "The lead's details changed".into(),
        E::Archived(_) => "The lead was archived".into(),
        E::Qualified(qualified) => judgement(qualified),
        E::Assigned(assigned) => match assigned.previous {
            Some(_) => "The lead was assigned to somebody else".into(),
            None => "The lead was assigned".into(),
        },
        E::Contacted(contacted) => format!("The person was reached {}", by(contacted.channel)),
        E::AppointmentSet(set) => match set.previous_status {
            LeadStatus::AppointmentSet => "The appointment was changed".into(),
            _ => "An appointment was made".into(),
        },
        E::Converted(_) => "The lead was won".into(),
        E::Lost(_) => "The lead was lost".into(),
        E::NoteAdded(_) => "A note was added".into(),
        E::FollowUpScheduled(_) => "A follow-up was planned".into(),
    }
}

fn judgement(qualified: &Qualified) -> String {
    let band = match qualified.band {
        Band::Hot => "hot",
        Band::Warm => "warm",
        Band::Cold => "cold",
    };
    format!("The lead was judged {band} at {} points", qualified.score.points())
}

fn by(channel: Channel) -> &'static str {
    match channel {
        Channel::Voice => "by phone",
        Channel::Sms => "by text message",
        Channel::Email => "by email",
    }
}
