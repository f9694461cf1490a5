//! All leads of an organization, in any order and found by whatever is remembered of them: for the people who work
//! with them. Fresh within moments.
//!
//! The projection also fills `super::hot_leads`: both come from the same fold, so they never disagree.

mod project;
mod query;
mod search;
mod words;

pub use project::Leads;
pub use query::{LeadFilter, SORTS, get, list, sort};
