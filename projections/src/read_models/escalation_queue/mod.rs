//! Which escalations wait for whom, most urgent first: for the people who answer them. Fresh within moments.

mod project;
mod query;

pub use project::EscalationQueue;
pub use query::{EscalationFilter, get, list};
