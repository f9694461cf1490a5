//! Whether a contact is permitted, as asked of a running system: what is needed to decide, from where it is kept.
//!
//! A check costs: reading the compliance profile (remembered, and relied on: the decision is recorded only while it is
//! at the version that was read), one look into the lists, the ledger (remembered), and the append. The ledger is read
//! from the store itself, so nothing lags.
//!
//! How one could get it wrong: by deciding on a ledger or profile at another version than the one the permit is fenced
//! by. So the ledger's own facts are added where it decides (`domain/src/consent`), and the profile's version goes with
//! the append.

mod gather;
mod packs;
mod then;

pub use gather::{Asked, Gathered, gather, outside_of};
pub use packs::packs_of_the_build;
pub use then::known_then;

/// How often a command is tried whose profile keeps changing.
pub const ATTEMPTS: usize = 5;
