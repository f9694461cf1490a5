//! The event store: what was decided, for ever.
//!
//! Promises:
//! - **Durable**: an append that is answered is on disk; an error of the database is never an acknowledgement.
//! - **Atomic**: all events of a command, in all its streams, and its idempotency key, or nothing.
//! - **Ordered**: versions of a stream are 1, 2, 3 …; `position` grows in commit order over all streams, so whoever
//!   reads upwards never misses an event that commits later.
//! - **Once**: the same idempotency key with the same request has one effect.
//!
//! How one could still get it wrong: by writing to `events` other than through `append_commands` (the version check
//! relies on its lock), or by reading a position from the sequence instead of from committed rows.

/// Queueing, batching and writing.
mod append;
/// Keys nobody comes back with.
mod forget;
/// One stream's history, and the state it adds up to.
mod load;
/// Connections and the roles they act as.
mod pools;
/// All events after a position, in order.
mod read;

pub use append::{Append, AppendLanes, Appended, Key, NewEvent, StreamWrite};
pub use forget::{forget, forget_old_keys};
pub use load::{Loaded, StoredKey};
pub use pools::{PoolSizes, Pools, TenantTransaction};
pub use read::FeedPage;

use seiketsu_domain::event::DecodeError;

/// The store as commands and readers use it; cheap to clone.
#[derive(Clone, Debug)]
pub struct EventStore {
    pub(crate) pools: Pools,
    lanes: AppendLanes,
}

impl EventStore {
    /// A store that appends through `lanes` and reads through `pools`.
    #[must_use]
    pub fn new(pools: Pools, lanes: AppendLanes) -> Self {
        Self { pools, lanes }
    }

    /// Appends one command's events; see [`Appended`] for the ways it can end.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`] before anything was tried; [`StoreError::Unavailable`] when the outcome is unknown.
    pub async fn append(&self, append: Append) -> Result<Appended, StoreError> {
        self.lanes.append(append).await
    }
}

/// What can go wrong between us and the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The queue of waiting commands is full; nothing was tried. Answer 503 and let the client come back.
    #[error("too many commands are waiting")]
    Overloaded,
    /// The database cannot be reached or failed; an append may or may not have happened. Retry with the same key.
    #[error("the database is unavailable")]
    Unavailable(#[source] sqlx::Error),
    /// The database did not answer in time; an append may or may not have happened.
    #[error("the database did not answer in time")]
    Timeout,
    /// A stored event does not decode: newer code wrote it, or it was damaged. An operator must look.
    #[error("event {position} of the store does not decode")]
    Decode {
        position: i64,
        #[source]
        source: DecodeError,
    },
    /// A value of ours does not serialise. A bug.
    #[error("an event does not serialise")]
    Encode(#[from] serde_json::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error)
    }
}
