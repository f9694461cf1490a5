use chrono::{NaiveTime, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The hours of each day of a week, in local time: from the first instant to before the last. A day that is not
/// mentioned is closed. Written `["mon-fri 09:00-21:00", "sun 12:00-21:00"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Week {
    days: [Option<(NaiveTime, NaiveTime)>; 7],
    written: Vec<String>,
}

impl Week {
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn try_new(written: Vec<String>) -> Result<Self, String> {
        let mut days = [None; 7];
        for part in &written {
            let (span, hours) = part.split_once(' ').ok_or_else(|| unclear(part))?;
            let (first, last) = span.split_once('-').unwrap_or((span, span));
            let (first, last) = (weekday(first, part)?, weekday(last, part)?);
            if first > last {
                return Err(format!("`{part}` ends before it begins"));
            }
            let hours = window(hours, part)?;
            for day in &mut days[first..=last] {
                if day.replace(hours).is_some() {
                    return Err(format!("`{part}` gives a day that has hours already other hours"));
                }
            }
        }
        if days == [None; 7] {
            return Err("a week without a single open day".to_owned());
        }
        Ok(Self { days, written })
    }

    /// When the day opens and closes.
    #[must_use]
    pub fn hours(&self, day: Weekday) -> Option<(NaiveTime, NaiveTime)> {
        self.days[day.num_days_from_monday() as usize]
    }
}

fn unclear(part: &str) -> String {
    format!("`{part}` is not of the form `mon-sat 08:00-20:00`")
}

fn weekday(name: &str, part: &str) -> Result<usize, String> {
    let day: Weekday = name.parse().map_err(|_| unclear(part))?;
    Ok(day.num_days_from_monday() as usize)
}

fn window(hours: &str, part: &str) -> Result<(NaiveTime, NaiveTime), String> {
    let (open, close) = hours.split_once('-').ok_or_else(|| unclear(part))?;
    let time = |raw: &str| NaiveTime::parse_from_str(raw, "%H:%M").map_err(|_| unclear(part));
    let (open, close) = (time(open)?, time(close)?);
    if open < close { Ok((open, close)) } else { Err(format!("`{part}` closes before it opens")) }
}

impl Serialize for Week {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Week {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_new(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveTime, Weekday};

    use super::Week;

    fn week(parts: &[&str]) -> Result<Week, String> {
        Week::try_new(parts.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_day_that_is_not_mentioned_is_closed() {
        let texas = week(&["mon-fri 09:00-21:00", "sun 12:00-21:00"]).expect("a week");
        let noon = NaiveTime::from_hms_opt(12, 0, 0).expect("a time");
        assert_eq!(texas.hours(Weekday::Sun).expect("open").0, noon);
        assert_eq!(texas.hours(Weekday::Sat), None);
    }

    #[test]
    fn hours_that_make_no_sense_are_refused_in_words() {
        for parts in [
            &["mon-fri"][..],
            &["fri-mon 08:00-20:00"],
            &["mon 20:00-08:00"],
            &["mon 08:00-08:00"],
            &["mon 08:00-25:00"],
            &["day 08:00-20:00"],
            &["mon-sat 08:00-20:00", "sat 09:00-20:00"],
            &[],
        ] {
            assert!(week(parts).is_err(), "{parts:?}");
        }
    }
}
