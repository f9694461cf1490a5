//! Whether a contact is permitted, by everything that bears on it.

/// Where a person may be.
pub mod places;
