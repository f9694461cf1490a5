use chrono::{Datelike, Days, NaiveDate, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A day of every year: `07-04`, `3rd mon jan`, `last mon may`, `easter`, each with an offset where needed
/// (`easter -47`, `4th thu nov +1`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRule {
    anchor: Anchor,
    offset: i64,
    written: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Anchor {
    Fixed { month: u32, day: u32 },
    Nth { nth: u8, weekday: Weekday, month: u32 },
    Last { weekday: Weekday, month: u32 },
    Easter,
}

impl DayRule {
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn try_new(written: &str) -> Result<Self, String> {
        let unclear = || {
            format!("`{written}` is not of the form `07-04`, `3rd mon jan`, `last mon may` or `easter -2`")
        };
        let mut words: Vec<&str> = written.split(' ').collect();
        let offset = words.last().and_then(|word| offset(word));
        if offset.is_some() {
            words.pop();
        }
        let anchor = anchor(&words).ok_or_else(unclear)?;
        Ok(Self { anchor, offset: offset.unwrap_or(0), written: written.to_owned() })
    }

    /// The day in a year; `None` where the year lacks it.
    #[must_use]
    pub fn in_year(&self, year: i32) -> Option<NaiveDate> {
        let day = match self.anchor {
            Anchor::Fixed { month, day } => NaiveDate::from_ymd_opt(year, month, day)?,
            Anchor::Nth { nth, weekday, month } => {
                NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth)?
            }
            Anchor::Last { weekday, month } => (4..=5)
                .rev()
                .find_map(|nth| NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth))?,
            Anchor::Easter => easter(year)?,
        };
        day.checked_add_signed(chrono::Duration::days(self.offset))
    }

    /// Whether the rule names the day. Where the holiday is `observed`, the Friday before a Saturday and the Monday
    /// after a Sunday count beside the day itself.
    #[must_use]
    pub fn names(&self, day: NaiveDate, observed: bool) -> bool {
        let years = [day.year(), day.year() + 1];
        years
            .into_iter()
            .filter_map(|year| self.in_year(year))
            .any(|holiday| day == holiday || observed && observed_on(holiday) == Some(day))
    }
}

/// The working day on which a holiday is made up for (5 USC 6103(b)).
fn observed_on(holiday: NaiveDate) -> Option<NaiveDate> {
    match holiday.weekday() {
        Weekday::Sat => holiday.checked_sub_days(Days::new(1)),
        Weekday::Sun => holiday.checked_add_days(Days::new(1)),
        _ => None,
    }
}

fn offset(word: &str) -> Option<i64> {
    if word.starts_with(['+', '-']) { word.parse().ok().filter(|days: &i64| days.abs() <= 366) } else { None }
}

fn anchor(words: &[&str]) -> Option<Anchor> {
    match words {
        ["easter"] => Some(Anchor::Easter),
        ["last", weekday, month] => {
            Some(Anchor::Last { weekday: weekday.parse().ok()?, month: month_of(month)? })
        }
        [nth, weekday, month] => {
            let nth = ["1st", "2nd", "3rd", "4th", "5th"].iter().position(|word| word == nth)?;
            let nth = u8::try_from(nth + 1).ok()?;
            Some(Anchor::Nth { nth, weekday: weekday.parse().ok()?, month: month_of(month)? })
        }
        [date] => {
            let (month, day) = date.split_once('-')?;
            let (month, day) = (month.parse().ok()?, day.parse().ok()?);
            // A leap year, so that 29 February may be named.
            NaiveDate::from_ymd_opt(2024, month, day)?;
            Some(Anchor::Fixed { month, day })
        }
        _ => None,
    }
}

fn month_of(name: &str) -> Option<u32> {
    name.parse::<chrono::Month>().ok().map(|month| month.number_from_month())
}

/// Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher).
fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - b / 4 - g + 15) % 30;
    let l = (2 * (b % 4) + 2 * (c / 4) - h - c % 4 + 32) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

impl Serialize for DayRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

impl<'de> Deserialize<'de> for DayRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::try_new(&raw).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::DayRule;

    fn day(raw: &str) -> NaiveDate {
        raw.parse().expect("a day")
    }

    fn rule(raw: &str) -> DayRule {
        DayRule::try_new(raw).expect("a rule")
    }

    #[test]
    fn days_fall_where_the_calendar_has_them() {
        for (written, year, expected) in [
            ("07-04", 2026, "2026-07-04"),
            ("3rd mon jan", 2027, "2027-01-18"),
            ("last mon may", 2027, "2027-05-31"),
            ("4th thu nov", 2026, "2026-11-26"),
            ("4th thu nov +1", 2026, "2026-11-27"),
            ("easter", 2024, "2024-03-31"),
            ("easter", 2027, "2027-03-28"),
            ("easter", 2038, "2038-04-25"),
            ("easter -47", 2027, "2027-02-09"),
            ("02-29", 2028, "2028-02-29"),
        ] {
            assert_eq!(rule(written).in_year(year), Some(day(expected)), "{written} in {year}");
        }
        assert_eq!(rule("02-29").in_year(2027), None);
    }

    #[test]
    fn a_holiday_on_a_weekend_is_made_up_for_on_a_working_day() {
        let independence = rule("07-04");
        assert!(independence.names(day("2026-07-03"), true), "4 July 2026 is a Saturday");
        assert!(!independence.names(day("2026-07-03"), false));
        assert!(independence.names(day("2027-07-05"), true), "4 July 2027 is a Sunday");
        assert!(rule("01-01").names(day("2027-12-31"), true), "1 January 2028 is a Saturday");
    }

    #[test]
    fn days_that_make_no_sense_are_refused_in_words() {
        for raw in ["", "13-01", "02-30", "6th mon jan", "mon jan", "easter -x", "christmas", "easter -999"] {
            assert!(DayRule::try_new(raw).is_err(), "{raw}");
        }
    }
}
