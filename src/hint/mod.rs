//! "There is something new": wakes readers after commits, debounced, never from inside a transaction.
//!
//! A hint is a courtesy. Readers also poll, so a lost hint costs latency and nothing else.

/// Hints between processes.
pub mod redis;

use tokio::sync::watch;

/// The highest position known to be committed, and a way to wait for a higher one. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Hint {
    sender: watch::Sender<i64>,
}

impl Default for Hint {
    fn default() -> Self {
        Self { sender: watch::channel(0).0 }
    }
}

impl Hint {
    /// Tells readers that everything up to `position` is committed.
    pub fn committed(&self, position: i64) {
        self.sender.send_if_modified(|known| {
            let newer = position > *known;
            if newer {
                *known = position;
            }
            newer
        });
    }

    /// A receiver that wakes at every newer position; several commits in a row wake it once.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<i64> {
        self.sender.subscribe()
    }
}
