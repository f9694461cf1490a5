//! Where time enters. Everything below takes `now` as a value.

use seiketsu_domain::values::Timestamp;

/// The present, in UTC, cut to milliseconds.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::new(chrono::Utc::now())
}
