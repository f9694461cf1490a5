//! Which calls there are, by who, whom, when and what was said: for everybody who looks a call up. Fresh within
//! moments, while the line is open too.
//!
//! A search finds the words of a call's summary, intake, transcript and phone number. While the call lasts, words
//! must meet in one event to be found together; once it has ended, anywhere in the call. Of very long calls the
//! first `SEARCHED_CHARS` characters and the summary are searched.

mod project;
mod query;
mod search;
mod words;

pub use project::Calls;
pub use query::{CallFilter, SORTS, get, list, of_lead};
pub use words::SEARCHED_CHARS;
