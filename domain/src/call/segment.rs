use serde::{Deserialize, Serialize};

use super::CallRefusal;
use crate::values::{Ratio, SegmentText};

/// Who said it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Speaker {
    /// The person, whoever dialled.
    Caller,
    /// The voice agent.
    Agent,
    /// A colleague who joined.
    Human,
}

/// A stretch of one speaker's words. Times are milliseconds into the call, at most 24 hours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Segment {
    pub speaker: Speaker,
    pub text: SegmentText,
    #[cfg_attr(feature = "openapi", schema(maximum = 86_400_000))]
    pub start_ms: u32,
    /// Not before `startMs`.
    #[cfg_attr(feature = "openapi", schema(maximum = 86_400_000))]
    pub end_ms: u32,
    /// How sure the recognition is of these words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Ratio>,
    /// Whether the recognition is done with these words; true unless said otherwise.
    #[serde(rename = "final", default = "yes")]
    pub is_final: bool,
}

fn yes() -> bool {
    true
}

/// When a segment was spoken, in milliseconds into the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SegmentTimes {
    pub start_ms: u32,
    pub end_ms: u32,
}

impl Segment {
    /// The most segments one command may add.
    pub const MAX_PER_COMMAND: usize = 100;
    /// The latest a segment may start or end: 24 hours into the call.
    pub const MAX_MS: u32 = 24 * 60 * 60 * 1000;
    /// How far a segment may start before the one ahead of it: people talk over each other.
    pub const MAX_OVERLAP_MS: u32 = 30_000;

    #[must_use]
    pub fn times(&self) -> SegmentTimes {
        SegmentTimes { start_ms: self.start_ms, end_ms: self.end_ms }
    }
}

/// Whether the segments may follow the `last` one recorded.
pub(super) fn check(segments: &[Segment], last: Option<SegmentTimes>) -> Result<(), CallRefusal> {
    if !(1..=Segment::MAX_PER_COMMAND).contains(&segments.len()) {
        return Err(CallRefusal::SegmentCount);
    }
    let mut previous_start = last.map_or(0, |times| times.start_ms);
    for (index, segment) in segments.iter().enumerate() {
        check_one(index, segment.times(), previous_start)?;
        previous_start = segment.start_ms;
    }
    Ok(())
}

fn check_one(index: usize, times: SegmentTimes, previous_start: u32) -> Result<(), CallRefusal> {
    if times.start_ms > Segment::MAX_MS {
        return Err(CallRefusal::SegmentStartTooLate { index });
    }
    if times.end_ms > Segment::MAX_MS {
        return Err(CallRefusal::SegmentEndTooLate { index });
    }
    if times.end_ms < times.start_ms {
        return Err(CallRefusal::SegmentEndsBeforeStart { index });
    }
    if times.start_ms < previous_start.saturating_sub(Segment::MAX_OVERLAP_MS) {
        return Err(CallRefusal::SegmentOutOfOrder { index });
    }
    Ok(())
}
