//! What a contact point allowed and withdrew, now and at any past moment, and how that came about: for compliance
//! auditors and for whoever wonders why a call was refused. Fresh within moments.
//!
//! The past is answered from the history by the domain's own fold on two clocks, so it cannot differ from what a
//! decision would have seen.

mod project;
mod query;

pub use project::ConsentLedger;
pub use query::{ConsentFilter, ConsentStatus, HistoryEntry, history, list, state};
