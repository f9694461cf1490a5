//! Instants on the wire: RFC 3339, UTC, milliseconds.

use chrono::{DateTime, Datelike, Duration, NaiveDate, SecondsFormat, SubsecRound, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ValueError;

/// An instant in UTC, cut to milliseconds, between the years 1900 and 2200.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String, format = DateTime, example = "2026-11-24T15:00:00.000Z"))]
pub struct Timestamp(DateTime<Utc>);

impl Default for Timestamp {
    /// The Unix epoch: the time of an aggregate that has no history yet.
    fn default() -> Self {
        Self(DateTime::UNIX_EPOCH)
    }
}

impl Timestamp {
    /// Cuts an instant of our own clock or database to milliseconds.
    #[must_use]
    pub fn new(instant: DateTime<Utc>) -> Self {
        Self(instant.trunc_subsecs(3))
    }

    /// # Errors
    /// Before 1900 or after 2200.
    pub fn try_new(instant: DateTime<Utc>) -> Result<Self, ValueError> {
        if (1900..=2200).contains(&instant.year()) {
            Ok(Self::new(instant))
        } else {
            Err(ValueError::new("time_out_of_range", "must lie between the years 1900 and 2200"))
        }
    }

    #[must_use]
    pub fn get(self) -> DateTime<Utc> {
        self.0
    }

    #[must_use]
    pub fn date(self) -> NaiveDate {
        self.0.date_naive()
    }

    #[must_use]
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.checked_add_signed(Duration::seconds(seconds)).unwrap_or(self.0))
    }

    /// Milliseconds from `earlier` to `self`; negative if it is later.
    #[must_use]
    pub fn millis_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).num_milliseconds()
    }

    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> i64 {
        self.millis_since(earlier) / 1000
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl std::str::FromStr for Timestamp {
    type Err = ValueError;
    fn from_str(raw: &str) -> Result<Self, ValueError> {
        let parsed = DateTime::parse_from_rfc3339(raw).map_err(|_| {
            ValueError::new("time_invalid", "must be an RFC 3339 time such as 2026-11-24T15:00:00Z")
        })?;
        Self::try_new(parsed.with_timezone(&Utc))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        raw.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn a_time_is_written_in_utc_with_milliseconds() {
        let time: Timestamp = "2026-11-24T10:00:00.1239-05:00".parse().expect("a time");
        assert_eq!(time.to_string(), "2026-11-24T15:00:00.123Z");
    }

    #[test]
    fn absurd_years_and_words_are_refused() {
        assert_eq!(
            "0001-01-01T00:00:00Z".parse::<Timestamp>().expect_err("too old").code,
            "time_out_of_range"
        );
        assert_eq!("tomorrow".parse::<Timestamp>().expect_err("a word").code, "time_invalid");
    }
}
