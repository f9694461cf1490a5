//! A phone call between a person and a voice agent.
//!
//! ```text
//! started ─→ connected ─→ transcript, intake, quality … ─→ ended (completed, escalated or failed)
//!    └───────────┴───────────────────────────────────────→ cancelled
//!
//! greeting ─→ intake ⇄ clarification ─→ escalation ─→ completed
//! ```
//! - It starts once, connects at most once and ends once; afterwards only repeats succeed.
//! - What is said and how well it went can be recorded on a connected call only.
//! - The phase moves forward, skipping as it likes; only clarification may go back to intake.
//! - Intake data grows patch by patch, later keys win, until a patch is marked final.
//! - One escalation per call. The call stays active while the line is open and ends as `escalated`
//!   where it would have ended as completed.
//! - The transcript is not part of the state: a long call costs no more to command than a short one.

mod aggregate;
mod command;
mod event;
mod intake;
mod quality;
mod refusal;
mod segment;
#[cfg(test)]
mod spec;
mod terms;

pub use aggregate::Call;
pub use command::{CallCommand, EndCall, RecordQuality, StartCall};
pub use event::{
    CallEvent, Cancelled, Connected, Ended, Escalated, IntakeRecorded, LeadLinked, PhaseChanged,
    QualityRecorded, Started, TranscriptAdded,
};
pub use intake::Intake;
pub use quality::{QualityMetrics, QualitySums, RatioSum, StageName};
pub use refusal::CallRefusal;
pub use segment::{Segment, SegmentTimes, Speaker};
pub use terms::{CallStatus, Direction, Outcome, Phase};
