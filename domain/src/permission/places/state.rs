use std::fmt;

use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::values::ValueError;

/// A state of the United States, the District of Columbia or an inhabited territory.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State(u8);

impl State {
    /// # Errors
    /// Anything but the two upper-case letters of one.
    pub fn try_new(raw: &str) -> Result<Self, ValueError> {
        let index = STATES.iter().position(|(code, _)| *code == raw);
        index
            .and_then(|index| u8::try_from(index).ok())
            .map(Self)
            .ok_or_else(|| ValueError::new("state_invalid", "must be the two letters of a state, such as CA"))
    }

    #[must_use]
    pub fn code(self) -> &'static str {
        STATES[usize::from(self.0)].0
    }

    /// The time zones its people live in; where names share their rules since 1970, the better known one.
    #[must_use]
    pub fn zones(self) -> &'static [Tz] {
        STATES[usize::from(self.0)].1
    }

    /// Every one of them, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        StateSet::ALL.iter()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::try_new(&raw).map_err(serde::de::Error::custom)
    }
}

/// Some of the states; written as a list of their codes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct StateSet(u64);

impl StateSet {
    pub const EMPTY: Self = Self(0);
    /// All of them, the territories too.
    pub const ALL: Self = Self((1 << STATES.len()) - 1);

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub fn contains(self, state: State) -> bool {
        self.0 & (1 << state.0) != 0
    }

    #[must_use]
    pub fn with(self, state: State) -> Self {
        Self(self.0 | 1 << state.0)
    }

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// In the order of their codes.
    pub fn iter(self) -> impl Iterator<Item = State> {
        (0..STATES.len()).filter_map(move |index| {
            let state = State(u8::try_from(index).ok()?);
            self.contains(state).then_some(state)
        })
    }
}

impl FromIterator<State> for StateSet {
    fn from_iter<I: IntoIterator<Item = State>>(states: I) -> Self {
        states.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl fmt::Debug for StateSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for StateSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for StateSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<State>::deserialize(deserializer)?.into_iter().collect())
    }
}

const EASTERN: Tz = Tz::America__New_York;
const CENTRAL: Tz = Tz::America__Chicago;
const MOUNTAIN: Tz = Tz::America__Denver;
const PACIFIC: Tz = Tz::America__Los_Angeles;

/// By code. The zones of a state that lies in more than one are those of 49 CFR part 71.
const STATES: [(&str, &[Tz]); 56] = [
    ("AK", &[Tz::America__Anchorage, Tz::America__Juneau, Tz::America__Adak, Tz::Pacific__Honolulu]),
    ("AL", &[CENTRAL]),
    ("AR", &[CENTRAL]),
    ("AS", &[Tz::Pacific__Pago_Pago]),
    ("AZ", &[Tz::America__Phoenix, MOUNTAIN]),
    ("CA", &[PACIFIC]),
    ("CO", &[MOUNTAIN]),
    ("CT", &[EASTERN]),
    ("DC", &[EASTERN]),
    ("DE", &[EASTERN]),
    ("FL", &[EASTERN, CENTRAL]),
    ("GA", &[EASTERN]),
    ("GU", &[Tz::Pacific__Guam]),
    ("HI", &[Tz::Pacific__Honolulu]),
    ("IA", &[CENTRAL]),
    ("ID", &[MOUNTAIN, Tz::America__Boise, PACIFIC]),
    ("IL", &[CENTRAL]),
    ("IN", &[EASTERN, Tz::America__Indiana__Indianapolis, CENTRAL]),
    ("KS", &[CENTRAL, MOUNTAIN]),
    ("KY", &[EASTERN, Tz::America__Kentucky__Louisville, CENTRAL]),
    ("LA", &[CENTRAL]),
    ("MA", &[EASTERN]),
    ("MD", &[EASTERN]),
    ("ME", &[EASTERN]),
    ("MI", &[EASTERN, Tz::America__Detroit, CENTRAL, Tz::America__Menominee]),
    ("MN", &[CENTRAL]),
    ("MO", &[CENTRAL]),
    ("MP", &[Tz::Pacific__Saipan]),
    ("MS", &[CENTRAL]),
    ("MT", &[MOUNTAIN]),
    ("NC", &[EASTERN]),
    ("ND", &[CENTRAL, Tz::America__North_Dakota__Center, MOUNTAIN]),
    ("NE", &[CENTRAL, MOUNTAIN]),
    ("NH", &[EASTERN]),
    ("NJ", &[EASTERN]),
    ("NM", &[MOUNTAIN]),
    ("NV", &[PACIFIC, MOUNTAIN]),
    ("NY", &[EASTERN]),
    ("OH", &[EASTERN]),
    ("OK", &[CENTRAL]),
    ("OR", &[PACIFIC, MOUNTAIN]),
    ("PA", &[EASTERN]),
    ("PR", &[Tz::America__Puerto_Rico]),
    ("RI", &[EASTERN]),
    ("SC", &[EASTERN]),
    ("SD", &[CENTRAL, MOUNTAIN]),
    ("TN", &[EASTERN, CENTRAL]),
    ("TX", &[CENTRAL, MOUNTAIN]),
    ("UT", &[MOUNTAIN]),
    ("VA", &[EASTERN]),
    ("VI", &[Tz::America__St_Thomas]),
    ("VT", &[EASTERN]),
    ("WA", &[PACIFIC]),
    ("WI", &[CENTRAL]),
    ("WV", &[EASTERN]),
    ("WY", &[MOUNTAIN]),
];

#[cfg(test)]
mod tests {
    use super::{STATES, State, StateSet};

    #[test]
    fn states_are_listed_once_and_in_order() {
        assert!(STATES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert_eq!(StateSet::ALL.iter().count(), 56);
    }

    #[test]
    fn what_is_no_state_is_refused() {
        for raw in ["", "XX", "ca", "CAL", "California"] {
            assert_eq!(State::try_new(raw).expect_err("no state").code, "state_invalid", "{raw}");
        }
    }

    #[test]
    fn a_set_reads_back_what_it_writes() {
        let set: StateSet =
            ["TX", "FL"].map(|code| State::try_new(code).expect("a state")).into_iter().collect();
        let json = serde_json::to_string(&set).expect("json");
        assert_eq!(json, r#"["FL","TX"]"#);
        assert_eq!(serde_json::from_str::<StateSet>(&json).expect("reads back"), set);
    }
}
