//! A person an organization hopes to serve.
//!
//! ```text
//! new ─→ contacted ─→ qualified ─→ appointment_set ─→ converted
//!  └─────────┴────────────┴───────────────┴─────────→ lost
//! ```
//! - A phone number and a source are enough to begin; everything else may come later.
//! - Steps may be skipped forward, never taken back: contacting a qualified lead leaves it qualified.
//! - It is won or lost once. Either way it keeps its data, its owner and its notes, and these may still change;
//!   a converted lead may also be contacted and followed up, a lost one may not.
//! - Archiving hides it for good; an archived lead refuses everything but being archived again.
//! - Its score comes from whoever qualifies it, or from the rules in `score.rs`; the band follows from the score.
//! - Follow-ups are open until a contact after their due time settles them, or the lead is lost.
//! - Repeating what is already so changes nothing and succeeds; a contact or a note is news each time.

mod aggregate;
mod command;
mod decision;
mod event;
mod refusal;
mod score;
#[cfg(test)]
mod spec;
mod terms;

pub use aggregate::Lead;
pub use command::{
    ContactLead, ConvertLead, CreateLead, LeadCommand, QualifyLead, ScheduleFollowUp, SetAppointment,
    UpdateLead,
};
pub use event::{
    AppointmentSet, Archived, Assigned, Contacted, Converted, Created, FollowUpScheduled, LeadEvent, Lost,
    NoteAdded, Qualified, Updated,
};
pub use refusal::LeadRefusal;
pub use score::{Band, Qualification, ScoreReason, ScoreRule};
pub use terms::{Appointment, Conversion, FollowUp, FollowUpStatus, LeadStatus};
