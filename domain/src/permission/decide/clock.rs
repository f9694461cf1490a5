//! Hours in local time, where clocks jump.
//!
//! Whether it is open is asked of the local time of an instant, which always exists and is one. When it opens or closes
//! is asked the other way round: an hour that does not exist because clocks jump over it begins with the first that
//! does; of an hour that comes twice, it opens with the second and closes with the first.

use chrono::{Datelike, Duration, LocalResult, NaiveDate, NaiveTime, TimeZone, Timelike};
use chrono_tz::Tz;

use super::hours::is_closed;
use crate::permission::pack::{Book, Hours};
use crate::values::Timestamp;

/// The hours of a rule in one zone.
#[derive(Clone, Copy)]
pub(super) struct Window<'a> {
    pub(super) zone: Tz,
    pub(super) hours: &'a Hours,
    pub(super) book: &'a Book,
}

#[derive(Clone, Copy)]
enum Edge {
    Opening,
    Closing,
}

impl Window<'_> {
    /// Days looked ahead for an opening: a fortnight without one is as good as never.
    const AHEAD: usize = 14;

    pub(super) fn is_open(&self, at: Timestamp) -> bool {
        let local = at.get().with_timezone(&self.zone);
        self.day(local.date_naive()).is_some_and(|(open, close)| {
            let time = local.time();
            open <= time && time < close
        })
    }

    /// The first moment from `at` on at which it is open.
    pub(super) fn opens(&self, at: Timestamp) -> Option<Timestamp> {
        if self.is_open(at) {
            return Some(at);
        }
        let today = at.get().with_timezone(&self.zone).date_naive();
        today.iter_days().take(Self::AHEAD).find_map(|date| {
            let (open, _) = self.day(date)?;
            let opening = instant(self.zone, date, open, Edge::Opening)?;
            (opening > at && self.is_open(opening)).then_some(opening)
        })
    }

    /// When it closes next, while it is open.
    pub(super) fn closes(&self, at: Timestamp) -> Option<Timestamp> {
        let date = at.get().with_timezone(&self.zone).date_naive();
        let (_, close) = self.day(date)?;
        instant(self.zone, date, close, Edge::Closing)
    }

    /// `08:30 on Tue` at this instant.
    pub(super) fn local(&self, at: Timestamp) -> String {
        let local = at.get().with_timezone(&self.zone);
        let (hour, minute) = (local.hour(), local.minute());
        format!("{hour:02}:{minute:02} on {} {}", local.weekday(), local.date_naive())
    }

    fn day(&self, date: NaiveDate) -> Option<(NaiveTime, NaiveTime)> {
        let hours = self.hours.week.hours(date.weekday())?;
        (!is_closed(self.book, &self.hours.closed_on, date)).then_some(hours)
    }
}

fn instant(zone: Tz, date: NaiveDate, time: NaiveTime, edge: Edge) -> Option<Timestamp> {
    let wanted = date.and_time(time);
    // The longest jump of a clock there ever was is a day.
    let exists = (0..=1440).find_map(|minutes| {
        let local = wanted.checked_add_signed(Duration::minutes(minutes))?;
        match (zone.from_local_datetime(&local), edge) {
            (LocalResult::Single(instant), _) => Some(instant),
            (LocalResult::Ambiguous(first, _), Edge::Closing) => Some(first),
            (LocalResult::Ambiguous(_, second), Edge::Opening) => Some(second),
            (LocalResult::None, _) => None,
        }
    })?;
    Some(Timestamp::new(exists.to_utc()))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::Window;
    use crate::permission::pack::{Book, Hours, Week};
    use crate::values::{Purpose, Timestamp};

    fn hours(week: &str) -> Hours {
        let week = Week::try_new(vec![week.to_owned()]).expect("a week");
        Hours { state: None, week, closed_on: vec![], purposes: vec![Purpose::Marketing] }
    }

    fn at(raw: &str) -> Timestamp {
        raw.parse().expect("a time")
    }

    #[test]
    fn an_opening_the_clocks_jump_over_is_the_moment_after_the_jump() {
        let hours = hours("mon-sun 02:30-20:00");
        let window = Window { zone: Tz::America__New_York, hours: &hours, book: &Book::default() };
        // On 14 March 2027 two o'clock is three o'clock.
        assert!(!window.is_open(at("2027-03-14T06:59:59.999Z")));
        assert!(window.is_open(at("2027-03-14T07:00:00Z")));
        assert_eq!(window.opens(at("2027-03-14T06:00:00Z")), Some(at("2027-03-14T07:00:00Z")));
    }

    #[test]
    fn an_opening_that_comes_twice_is_the_second_and_a_closing_the_first() {
        let early = hours("mon-sun 01:30-20:00");
        let window = Window { zone: Tz::America__New_York, hours: &early, book: &Book::default() };
        // On 7 November 2027 one o'clock comes twice: at 05:00 and at 06:00 in UTC.
        assert_eq!(window.opens(at("2027-11-07T05:00:00Z")), Some(at("2027-11-07T06:30:00Z")));
        let late = hours("mon-sun 00:00-01:30");
        let window = Window { zone: Tz::America__New_York, hours: &late, book: &Book::default() };
        assert_eq!(window.closes(at("2027-11-07T05:00:00Z")), Some(at("2027-11-07T05:30:00Z")));
    }

    #[test]
    fn the_same_local_hour_is_another_instant_after_the_clocks_change() {
        let hours = hours("mon-sun 08:00-21:00");
        let window = Window { zone: Tz::America__New_York, hours: &hours, book: &Book::default() };
        assert_eq!(window.opens(at("2027-03-13T03:00:00Z")), Some(at("2027-03-13T13:00:00Z")));
        assert_eq!(window.opens(at("2027-03-14T03:00:00Z")), Some(at("2027-03-14T12:00:00Z")));
    }
}
