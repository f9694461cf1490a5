//! What changed in each lead since it was last synced, the longest waiting on top: for connectors that carry leads
//! into other systems. Fresh within moments.
//!
//! A lead stands in the queue once, however often it changed, until `mark_synced` takes it out. What was taken out is
//! remembered beside the queue, so that a rebuild does not put it back in. Delivery is at least once: a lead that changed
//! while it was synced stays with all its changes. So a connector writes the same state twice without harm.

mod changes;
mod project;
mod query;
mod settle;

pub use changes::Change;
pub use project::CrmSyncQueue;
pub use query::{PendingLead, list, mark_synced};
