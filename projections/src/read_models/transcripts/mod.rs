//! Who said what in a call, in order: for those who read along or look it up. Fresh within moments.

mod project;
mod query;

pub use project::Transcripts;
pub use query::{SegmentRow, list};
