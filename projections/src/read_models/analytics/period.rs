use chrono::{DateTime, TimeDelta, Utc};
use seiketsu_domain::values::Timestamp;
use serde::{Deserialize, Serialize};

use super::AnalyticsError;

/// How long a bucket is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Interval {
    Minute,
    Hour,
    /// A day of UTC.
    Day,
}

impl Interval {
    pub(super) const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    fn width(self) -> TimeDelta {
        match self {
            Self::Minute => TimeDelta::minutes(1),
            Self::Hour => TimeDelta::hours(1),
            Self::Day => TimeDelta::days(1),
        }
    }

    /// The first moment of the bucket that `at` lies in.
    pub(super) fn start(self, at: DateTime<Utc>) -> DateTime<Utc> {
        at - TimeDelta::milliseconds(at.timestamp_millis().rem_euclid(self.width().num_milliseconds()))
    }
}

/// The most buckets an answer has: a day of minutes, two months of hours, four years of days.
pub const MAX_BUCKETS: i64 = 1_500;

/// Whole buckets, from the one that the first moment lies in to the one before the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    interval: Interval,
}

impl Period {
    /// From `from` up to but without `to`, widened to whole buckets.
    ///
    /// # Errors
    /// [`AnalyticsError::EmptyPeriod`] and [`AnalyticsError::TooManyBuckets`].
    pub fn new(from: Timestamp, to: Timestamp, interval: Interval) -> Result<Self, AnalyticsError> {
        if from >= to {
            return Err(AnalyticsError::EmptyPeriod);
        }
        let last = interval.start(to.get() - TimeDelta::milliseconds(1));
        let period = Self { from: interval.start(from.get()), to: last + interval.width(), interval };
        match period.buckets() {
            buckets if buckets > MAX_BUCKETS => Err(AnalyticsError::TooManyBuckets { buckets }),
            _ => Ok(period),
        }
    }

    pub(super) fn interval(&self) -> Interval {
        self.interval
    }

    pub(super) fn from(&self) -> DateTime<Utc> {
        self.from
    }

    pub(super) fn to(&self) -> DateTime<Utc> {
        self.to
    }

    /// Where the period of the same length before this one starts.
    pub(super) fn previous_from(&self) -> DateTime<Utc> {
        self.from - (self.to - self.from)
    }

    /// The first moment of each bucket, in order.
    pub(super) fn starts(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let Self { from, to, interval } = *self;
        std::iter::successors(Some(from), move |at| Some(*at + interval.width()))
            .take_while(move |at| *at < to)
    }

    fn buckets(&self) -> i64 {
        (self.to - self.from).num_seconds() / self.interval.width().num_seconds()
    }
}

#[cfg(test)]
mod tests {
    use super::{Interval, Period};
    use crate::read_models::analytics::AnalyticsError;

    fn period(from: &str, to: &str, interval: Interval) -> Result<Vec<String>, AnalyticsError> {
        let period = Period::new(from.parse().expect("a time"), to.parse().expect("a time"), interval)?;
        Ok(period.starts().map(|at| at.to_rfc3339()).collect())
    }

    #[test]
    fn a_period_is_widened_to_whole_buckets() {
        let days = ["2026-11-24T00:00:00+00:00", "2026-11-25T00:00:00+00:00"];
        let of_days = |from, to| period(from, to, Interval::Day).expect("a period");
        assert_eq!(of_days("2026-11-24T23:59:59.999Z", "2026-11-25T00:00:00.001Z"), days);
        assert_eq!(of_days("2026-11-24T00:00:00Z", "2026-11-26T00:00:00Z"), days);
        assert_eq!(of_days("2026-11-24T12:00:00Z", "2026-11-25T00:00:00Z"), days[..1]);
    }

    #[test]
    fn times_before_1970_have_buckets_too() {
        let hours = period("1969-12-31T22:59:00Z", "1970-01-01T00:00:00Z", Interval::Hour);
        assert_eq!(hours.expect("a period"), ["1969-12-31T22:00:00+00:00", "1969-12-31T23:00:00+00:00"]);
    }

    #[test]
    fn a_period_ends_after_it_starts() {
        let noon = "2026-11-24T12:00:00Z";
        assert!(matches!(period(noon, noon, Interval::Day), Err(AnalyticsError::EmptyPeriod)));
        assert!(matches!(
            period(noon, "2026-11-24T11:00:00Z", Interval::Day),
            Err(AnalyticsError::EmptyPeriod)
        ));
    }

    #[test]
    fn a_period_has_1500_buckets_at_most() {
        let minutes = |to| period("2026-11-24T00:00:00Z", to, Interval::Minute);
        assert_eq!(minutes("2026-11-25T01:00:00Z").expect("a period").len(), 1_500);
        let refused = minutes("2026-11-25T01:00:00.001Z");
        assert!(matches!(refused, Err(AnalyticsError::TooManyBuckets { buckets: 1_501 })));
        let ages = period("1900-01-01T00:00:00Z", "2200-12-31T23:59:59Z", Interval::Minute);
        assert!(matches!(ages, Err(AnalyticsError::TooManyBuckets { .. })));
    }
}
