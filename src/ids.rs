//! Where new ids enter. Version 7, so that they sort by time and stay close together in an index.

use uuid::Uuid;

/// A new id of any kind.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that mints ids")]
pub fn new<T: From<Uuid>>() -> T {
    T::from(Uuid::now_v7())
}
