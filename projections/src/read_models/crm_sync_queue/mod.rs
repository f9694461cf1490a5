//! What changed in each lead since it was last synced, the longest waiting on top: for connectors that carry leads
//! into other systems. Fresh within moments.
//!
//! A lead stands in the queue once, however often it changed, until `mark_synced` takes it out. Delivery is at
//! least once: a rebuild puts every lead back in, and one that changed while it was synced stays with all its
//! changes. So a connector writes the same state twice without harm.

mod changes;
mod project;
mod query;

pub use changes::Change;
pub use project::CrmSyncQueue;
pub use query::{PendingLead, list, mark_synced};
