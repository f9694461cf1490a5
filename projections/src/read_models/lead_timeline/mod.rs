//! What happened to a lead and in the calls with it, one line each: for those who want to know how it went. Fresh
//! within moments.
//!
//! Of a call it tells how it began, was linked, handed over and ended; the rest is in `super::call_timeline`. A
//! call belongs to the lead it was linked to last, with all its entries, those before the link included. Lead and
//! call are different streams whose events may arrive here in any order; which lead a call is with follows from the
//! call's own stream, so the order does not matter.

mod project;
mod query;
mod tell;

pub use project::LeadTimeline;
pub use query::list;

pub use super::timeline::TimelineEntry;
