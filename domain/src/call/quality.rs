use serde::{Deserialize, Serialize};

use super::QualityRecorded;
use crate::values::{Ratio, ValueError, string_value};

/// One step on the way to an answer, such as `speech-to-text`: lower-case letters, digits, `_` and `-`, beginning
/// with a letter, at most 50 characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, max_length = 50, pattern = "^[a-z][a-z0-9_-]*$", example = "speech-to-text"))]
pub struct StageName(String);

impl StageName {
    /// The longest a name may be, in characters.
    pub const MAX: usize = 50;

    /// # Errors
    /// Empty, too long, or with another character.
    pub fn try_new(raw: &str) -> Result<Self, ValueError> {
        let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
        let starts_well = raw.starts_with(|c: char| c.is_ascii_lowercase());
        if starts_well && raw.len() <= Self::MAX && raw.bytes().all(good) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(ValueError::new("stage_name_invalid", "must be a short name such as speech-to-text"))
        }
    }
}

string_value!(StageName);

/// How well the agent's turns went so far. Averages are over the turns that carried the figure; shares are rounded
/// to six decimals.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QualityMetrics {
    /// Number of turns measured.
    pub turns: u32,
    pub average_response_time_ms: u32,
    pub max_response_time_ms: u32,
    pub last_response_time_ms: u32,
    pub transcription_accuracy: Option<Ratio>,
    pub intent_confidence: Option<Ratio>,
    pub audio_quality_score: Option<Ratio>,
    sums: QualitySums,
}

/// What the averages are made of, exactly: they neither drift over a long call nor lose anything when figures of
/// several calls are added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QualitySums {
    pub response_time_ms: u64,
    pub transcription_accuracy: RatioSum,
    pub intent_confidence: RatioSum,
    pub audio_quality_score: RatioSum,
}

/// Shares added up in whole millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RatioSum {
    pub millionths: u64,
    /// How many shares were added.
    pub count: u32,
}

impl QualityMetrics {
    /// What the averages are made of.
    #[must_use]
    pub fn sums(&self) -> QualitySums {
        self.sums
    }

    pub(super) fn add(&mut self, turn: &QualityRecorded) {
        let sums = &mut self.sums;
        self.turns += 1;
        sums.response_time_ms += u64::from(turn.response_time_ms);
        self.average_response_time_ms = average(sums.response_time_ms, self.turns);
        self.max_response_time_ms = self.max_response_time_ms.max(turn.response_time_ms);
        self.last_response_time_ms = turn.response_time_ms;
        self.transcription_accuracy = sums.transcription_accuracy.add(turn.transcription_accuracy);
        self.intent_confidence = sums.intent_confidence.add(turn.intent_confidence);
        self.audio_quality_score = sums.audio_quality_score.add(turn.audio_quality_score);
    }
}

impl RatioSum {
    /// Adds a share where there is one, and returns the average; `None` while there was none.
    fn add(&mut self, share: Option<Ratio>) -> Option<Ratio> {
        if let Some(share) = share {
            self.millionths += millionths(share);
            self.count += 1;
        }
        let average = (self.count > 0).then(|| average(self.millionths, self.count))?;
        Ratio::try_new(f64::from(average) / MILLION).ok()
    }
}

const MILLION: f64 = 1_000_000.0;

fn millionths(share: Ratio) -> u64 {
    // A share lies between 0 and 1, so nothing is cut off.
    (share.get() * MILLION).round() as u64
}

/// Rounded half up. `count` is at least 1.
fn average(sum: u64, count: u32) -> u32 {
    let count = u64::from(count);
    u32::try_from((sum + count / 2) / count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::StageName;

    #[test]
    fn a_stage_name_is_a_short_lower_case_token() {
        for good in ["llm", "speech-to-text", "text_to_speech", "turn2"] {
            assert_eq!(StageName::try_new(good).expect(good).as_str(), good);
        }
        for bad in ["", "-x", "2nd", "LLM", "a b", "é", "a\0", &"x".repeat(51)] {
            assert_eq!(StageName::try_new(bad).expect_err(bad).code, "stage_name_invalid");
        }
    }
}
