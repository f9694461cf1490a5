//! Where time enters. Everything below takes `now` as a value, or a `Clock` where it decides when to look.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use seiketsu_domain::values::Timestamp;

/// The present, in UTC, cut to milliseconds.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::new(chrono::Utc::now()).plus_seconds(offset())
}

/// How far the clock of this process is set off, as trials do who need another time of day: what is allowed depends on it.
#[cfg(feature = "trial")]
fn offset() -> i64 {
    static OFFSET: std::sync::LazyLock<i64> = std::sync::LazyLock::new(|| {
        let set = std::env::var("SEIKETSU_CLOCK_OFFSET_SECONDS").ok();
        set.and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
    });
    *OFFSET
}

/// The clock is that of the machine.
#[cfg(not(feature = "trial"))]
const fn offset() -> i64 {
    0
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
