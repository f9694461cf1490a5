//! Tamper evidence: what was recorded can be proven not to have been changed since, without trusting who recorded it.
//!
//! The events of an organization, in committed order, are the leaves of a Merkle tree (RFC 6962). Its root is signed
//! now and then: a checkpoint (C2SP `tlog-checkpoint`). Whoever kept a checkpoint can have proven that an event was in
//! the log then, and that the log has only grown since.
//!
//! Nothing here does I/O or knows the server; `seiketsu-verify` is this crate and a file. `docs/AUDIT.md` describes the
//! formats so that a verifier can be written from it alone.

/// The bytes an event is hashed as.
mod event;
/// A file that proves what it says.
mod evidence;
/// RFC 6962 hashing.
mod hash;
/// Checkpoints as signed notes.
mod note;
/// Which hashes a proof consists of, and where they are kept.
mod plan;
/// A tree that grows, kept in tiles.
mod tree;
/// Checking proofs.
mod verify;

pub use event::LoggedEvent;
pub use evidence::{Evidence, FORMAT, Grown, ProvenEvent, Verdict};
pub use hash::{Hash, HashError, leaf_hash, node_hash};
pub use note::{Checkpoint, NoteError, Signer, VerifierKey};
pub use plan::{MissingTile, Plan};
pub use tree::{TILE, Tile, TileId, Tree};
pub use verify::{Disproved, verify_consistency, verify_inclusion};
