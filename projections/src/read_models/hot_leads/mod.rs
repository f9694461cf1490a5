//! Which leads somebody should act on today, the most promising on top: for the people who call. Fresh within moments.
//!
//! The rows are written by projection `super::leads`, in its own statement: whether a lead is hot follows from its whole
//! state, which is folded there already.

mod query;

pub use query::list;

/// One row per lead that is hot, none for the others.
pub(super) const TABLE: &str = "hot_leads";
