//! The table of area codes, `domain/packs/places.tsv`, read once.

use std::sync::LazyLock;

use chrono_tz::Tz;

use super::{Country, State, StateSet};

/// Where the numbers of one prefix may be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// `None`: the prefix belongs to no place.
    pub(super) country: Option<Country>,
    pub(super) states: StateSet,
    pub(super) zones: Vec<Tz>,
}

pub(super) struct Table {
    pub(super) version: String,
    /// By the three digits after `+1`.
    areas: Vec<Option<Entry>>,
    /// By calling code, one to three digits.
    countries: Vec<Option<Country>>,
    /// Every zone of the United States: of those whose place nobody knows.
    pub(super) everywhere: Vec<Tz>,
}

pub(super) static TABLE: LazyLock<Table> = LazyLock::new(|| read(include_str!("../../../packs/places.tsv")));

impl Table {
    /// The entry of an area code of the North American plan.
    pub(super) fn area(&self, code: usize) -> Option<&Entry> {
        self.areas.get(code)?.as_ref()
    }

    /// The country of a calling code other than 1. No code is the beginning of another.
    pub(super) fn country(&self, digits: &str) -> Option<Country> {
        (1..=3).find_map(|length| {
            let code: usize = digits.get(..length)?.parse().ok()?;
            *self.countries.get(code)?
        })
    }
}

/// Reads the table. A line that makes no sense is left out, which the tests would notice: its numbers would then be
/// taken to be anywhere, the safe side.
fn read(text: &str) -> Table {
    let mut table = Table {
        version: String::new(),
        areas: vec![None; 1000],
        countries: vec![None; 1000],
        everywhere: everywhere(),
    };
    for line in text.lines() {
        if let Some(version) = line.strip_prefix("# version ") {
            version.clone_into(&mut table.version);
        } else if !line.starts_with('#') {
            table.read_row(line);
        }
    }
    table
}

impl Table {
    fn read_row(&mut self, line: &str) -> Option<()> {
        let mut fields = line.split('\t');
        let (key, country) = (fields.next()?, fields.next()?);
        let country = Country::try_new(country).ok();
        if let Some(code) = key.strip_prefix('+') {
            *self.countries.get_mut(code.parse::<usize>().ok()?)? = country;
            return Some(());
        }
        let states = fields.next()?.split(',').filter_map(|code| State::try_new(code).ok()).collect();
        let zones = fields.next()?.split(',').filter_map(|name| name.parse().ok()).collect();
        *self.areas.get_mut(key.parse::<usize>().ok()?)? = Some(Entry { country, states, zones });
        Some(())
    }
}

fn everywhere() -> Vec<Tz> {
    let mut zones: Vec<Tz> = State::all().flat_map(|state| state.zones().iter().copied()).collect();
    zones.sort_by_key(|zone| zone.name());
    zones.dedup();
    zones
}

#[cfg(test)]
mod tests {
    use super::TABLE;
    use crate::permission::places::Country;
    use crate::values::Phone;

    #[test]
    fn every_line_of_the_table_is_understood() {
        let text = include_str!("../../../packs/places.tsv");
        let lines = text.lines().filter(|line| !line.starts_with('#')).count();
        let areas = TABLE.areas.iter().flatten().count();
        assert_eq!(areas + TABLE.countries.iter().flatten().count(), lines);
        let zones: usize = TABLE.areas.iter().flatten().map(|entry| entry.zones.len()).sum();
        let named = text.lines().filter(|line| !line.starts_with(['#', '+']));
        let named = named.filter_map(|line| line.split('\t').nth(3)).filter(|zones| *zones != "-");
        assert_eq!(zones, named.map(|zones| zones.split(',').count()).sum::<usize>());
    }

    #[test]
    fn every_area_code_somebody_can_have_is_somewhere_or_expressly_nowhere() {
        let mut seen = 0;
        for code in 200..1000 {
            if Phone::try_new(&format!("+1{code}2345678")).is_err() {
                continue;
            }
            seen += 1;
            let entry = TABLE.area(code).unwrap_or_else(|| panic!("{code} is not in the table"));
            let somewhere =
                !entry.zones.is_empty() && (entry.country != Some(Country::US) || !entry.states.is_empty());
            assert!(somewhere || entry.country.is_none(), "{code}: {entry:?}");
        }
        assert!(seen > 400, "only {seen} area codes were tried");
    }

    #[test]
    fn a_state_of_an_area_code_lies_in_one_of_its_zones() {
        for (code, entry) in TABLE.areas.iter().enumerate() {
            for state in entry.iter().flat_map(|entry| entry.states.iter().map(move |state| (entry, state))) {
                let (entry, state) = state;
                let meets = state.zones().iter().any(|zone| entry.zones.contains(zone));
                assert!(meets, "{code}: {state} is in none of {:?}", entry.zones);
            }
        }
    }
}
