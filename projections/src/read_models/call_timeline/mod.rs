//! What happened in a call and in its escalations, one line each: for those who want to know how it went. Fresh
//! within moments.
//!
//! Call and escalation are different streams, so their events may arrive here in any order; readers see them in the
//! order in which they happened.

mod project;
mod query;
pub(super) mod tell;

pub use project::CallTimeline;
pub use query::list;

pub use super::timeline::TimelineEntry;
