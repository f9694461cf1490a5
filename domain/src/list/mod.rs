//! A do-not-call list or another data set from outside that permission rests on, as one organization holds it.
//!
//! Its stream says what was taken over from where, when and by whom: digests and counts, never numbers. The numbers
//! themselves lie beside it, found by digest.
//!
//! - An extract names the moment it shows. Two extracts of one moment and one set of area codes may follow each other;
//!   the later one counts.
//! - An extract of the national list is taken under the access that is recorded: its subscription (SAN), its area codes,
//!   its time.
//! - Repeating an import changes nothing and succeeds.
//! - An extract that holds nothing is refused, and one that shrank by more than half needs somebody to say that it did:
//!   a download that broke off must not set people free to be called.

mod aggregate;
mod area_code;
mod command;
mod event;
mod name;
mod refusal;
#[cfg(test)]
mod spec;

pub use crate::compliance::Digest;
pub use aggregate::{Access, Extract, List};
pub use area_code::{AreaCode, AreaCodes};
pub use command::{ImportExtract, ImportRecords, ListCommand, RecordAccess, RetireExtract};
pub use event::{AccessRecorded, Author, ExtractImported, ExtractRetired, ListEvent, RecordsImported};
pub use name::{ListName, San};
pub use refusal::ListRefusal;
