//! The audit log: proof that what is stored is what was recorded.
//!
//! Promises:
//! - **Nobody waits for it**: it follows the store in committed order, like a projection; appends do not know of it.
//! - **Everything, once, in order**: leaf `n` of an organization's tree is its `n`-th event. Leaves, tree and checkpoint
//!   are written in one transaction, under a lock that lets one process append at a time.
//! - **Signed every second or every 1,000 events**, whichever is first; one that is behind signs after each 1,000.
//! - **Published outside the database** where a directory is configured: each checkpoint is appended to a file of its
//!   organization after it is committed, and those a crash kept from it at the next start.
//!
//! It detects changes; it does not prevent them. Whoever has the database *and* the key can write another history, which
//! only a checkpoint kept elsewhere contradicts: so publish them where the owner of the database cannot write.

/// Following the store.
mod keeper;
/// Proofs, from tiles.
mod prove;
/// Checkpoints in files.
mod publish;
/// The tables.
mod tables;
/// Everything recomputed.
mod verify;

pub use keeper::Keeper;
pub use prove::{NotProven, StoredCheckpoint, Which, checkpoints, growth, inclusion};
pub use publish::Publisher;
pub use verify::{Fault, TenantReport, verify};
