//! Which leads somebody should act on today, the most promising on top: for the people who call. Fresh within moments.
//!
//! The rows are written by projection `super::leads`: whether a lead is hot follows from its whole state, which is
//! folded there already.

mod project;
mod query;

pub(super) use project::{TABLE, write};
pub use query::list;
