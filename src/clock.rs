//! Where time enters. Everything below takes `now` as a value, or a `Clock` where it decides when to look.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use seiketsu_domain::values::Timestamp;

/// The present, in UTC, cut to milliseconds.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::new(chrono::Utc::now())
}

/// The clock on the wall, which can be put forward: a day passes in a test without waiting for it.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_seconds: Arc<AtomicI64>,
}

impl Clock {
    /// What this clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        now().plus_seconds(self.ahead_seconds.load(Ordering::Relaxed))
    }

    /// Puts this clock and its clones forward.
    pub fn advance(&self, seconds: i64) {
        self.ahead_seconds.fetch_add(seconds, Ordering::Relaxed);
    }
}
