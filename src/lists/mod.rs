//! Do-not-call lists, answers of the Reassigned Numbers Database and kinds of lines, as each organization holds them.
//!
//! Promises:
//! - **Exact**: a number is on an extract if and only if it was in the file. A file with a line that is no number is
//!   refused with the line, unless somebody says to go without it.
//! - **Dated**: an answer names its extract by list, moment and SHA-256, and `known_at` picks what counted then: extracts
//!   are kept and never changed. An import counts from a moment shortly after it is complete, so that nobody was answered
//!   without it who asks for that moment again.
//! - **Whole or absent**: an import is one transaction. One that was killed left nothing behind; start it again.
//! - **Recorded**: an import counts only after its event is in the store. One that broke off between the two is finished
//!   by importing the same again.
//! - **Quiet about what it does not cover**: an extract of some area codes says nothing about others, and an extract of
//!   the national list counts only under the subscription that is recorded.
//!
//! How one could still get it wrong: by writing the tables without the event, or by reading `list_numbers` of an import
//! without asking `list_imports` whether it counts.

/// What an organization may take from the registry.
mod access;
/// Extracts taken over.
mod extract;
/// What imports have in common.
mod import;
/// What is held about one number.
mod look_up;
/// Sets of numbers, and their written form.
mod numbers;
/// What is held.
mod overview;
/// Files of numbers.
mod read;
/// Records about single numbers.
mod records;

pub use access::record_access;
pub use extract::{NewExtract, import_extract, retire};
pub use import::{ImportError, Imported};
pub use look_up::{Answers, look_up};
pub use numbers::{Numbers, NumbersBuilder};
pub use overview::{Held, Overview, max_age_days, overview};
pub use read::{FileFaults, LineFault, read_numbers};
pub use records::{Records, import_records};
