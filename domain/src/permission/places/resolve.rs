use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::table::{Entry, TABLE};
use super::{Country, State, StateSet};
use crate::values::Phone;

/// Where somebody may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Candidates {
    /// `None`: nobody knows, so every law the packs know may apply.
    pub country: Option<Country>,
    /// Empty outside of the United States. Within, empty means all of them.
    pub states: StateSet,
    /// Empty within the United States means those of the states.
    pub zones: Vec<Tz>,
}

/// What is known about a person's place beside the number, the best first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Evidence {
    /// An address or zone the person named.
    #[serde(default)]
    pub declared: Option<Candidates>,
    /// An address at which a service is rendered.
    #[serde(default)]
    pub verified: Option<Candidates>,
    /// Where a device of the person was last seen, with consent, not long ago.
    #[serde(default)]
    pub device: Option<Candidates>,
    /// By the number; see [`by_number`]. `None` for a mailbox.
    #[serde(default)]
    pub number: Option<Candidates>,
}

/// What the place rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    Declared,
    Verified,
    Device,
    Number,
    /// Nothing: every candidate there is.
    Unknown,
}

/// Where the number points to, beside what better evidence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presumed {
    pub states: StateSet,
    pub zones: Vec<Tz>,
}

/// The place decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    pub basis: Basis,
    pub candidates: Candidates,
    pub presumed: Option<Presumed>,
}

/// The version of the table of area codes.
#[must_use]
pub fn version() -> &'static str {
    &TABLE.version
}

/// The candidates of a phone number: a look into a table. Every number has some.
#[must_use]
pub fn by_number(phone: &Phone) -> Candidates {
    let digits = phone.as_str().trim_start_matches('+');
    let Some(national) = digits.strip_prefix('1') else {
        return Candidates { country: TABLE.country(digits), states: StateSet::EMPTY, zones: vec![] };
    };
    let area = national.get(..3).and_then(|code| code.parse().ok());
    match area.and_then(|code| TABLE.area(code)) {
        Some(Entry { country: Some(country), states, zones }) => {
            Candidates { country: Some(*country), states: *states, zones: zones.clone() }
        }
        _ => anywhere(),
    }
}

/// Every place of the United States: of numbers that belong to none.
fn anywhere() -> Candidates {
    Candidates { country: Some(Country::US), states: StateSet::ALL, zones: TABLE.everywhere.clone() }
}

impl Evidence {
    /// Takes the best evidence there is. The number stays in play beside it in two cases: `presuming` are states that
    /// presume residence by area code; and an address abroad does not take an American number out of American law.
    #[must_use]
    pub fn locate(&self, presuming: StateSet) -> Located {
        let known = [
            (Basis::Declared, &self.declared),
            (Basis::Verified, &self.verified),
            (Basis::Device, &self.device),
            (Basis::Number, &self.number),
        ];
        let best = known.into_iter().find_map(|(basis, place)| Some((basis, place.as_ref()?)));
        let Some((basis, place)) = best else {
            let candidates = Candidates { country: None, ..anywhere() };
            return Located { basis: Basis::Unknown, candidates, presumed: None };
        };
        let presumed = if basis == Basis::Number { None } else { self.presumed(place, presuming) };
        Located { basis, candidates: place.completed(), presumed }
    }

    fn presumed(&self, best: &Candidates, presuming: StateSet) -> Option<Presumed> {
        let number = self.number.as_ref().filter(|number| number.country == Some(Country::US))?.completed();
        if best.country.is_some_and(|country| country != Country::US) {
            return Some(Presumed { states: number.states, zones: number.zones });
        }
        // A number that may be anywhere points to no state in particular.
        let anywhere = number.states == StateSet::ALL;
        let states = if anywhere { StateSet::EMPTY } else { number.states.intersection(presuming) };
        (!states.is_empty()).then_some(Presumed { states, zones: number.zones })
    }
}

impl Candidates {
    /// Fills in what follows from the rest: a zone without a state may be any state that lies in it, a state without a
    /// zone any of its zones.
    fn completed(&self) -> Self {
        let mut full = self.clone();
        if full.country != Some(Country::US) && full.country.is_some() {
            return full;
        }
        if full.states.is_empty() && full.zones.is_empty() {
            return Self { country: full.country, ..anywhere() };
        }
        if full.states.is_empty() {
            full.states = states_within(&full.zones);
        }
        if full.zones.is_empty() {
            let mut zones: Vec<Tz> =
                full.states.iter().flat_map(|state| state.zones().iter().copied()).collect();
            zones.sort_by_key(|zone| zone.name());
            zones.dedup();
            full.zones = zones;
        }
        full
    }
}

/// States that lie in one of the zones; all of them where a zone is none we know of a state.
fn states_within(zones: &[Tz]) -> StateSet {
    let known = zones.iter().all(|zone| State::all().any(|state| state.zones().contains(zone)));
    if !known {
        return StateSet::ALL;
    }
    State::all().filter(|state| state.zones().iter().any(|zone| zones.contains(zone))).collect()
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::{Basis, Candidates, Evidence, by_number};
    use crate::permission::places::{Country, State, StateSet};
    use crate::values::Phone;

    fn at(raw: &str) -> Candidates {
        by_number(&Phone::try_new(raw).expect("a number"))
    }

    fn states(codes: &[&str]) -> StateSet {
        codes.iter().map(|code| State::try_new(code).expect("a state")).collect()
    }

    fn declared(codes: &[&str]) -> Candidates {
        Candidates { country: Some(Country::US), states: states(codes), zones: vec![] }
    }

    #[test]
    fn a_number_of_a_split_area_code_may_be_in_either_zone() {
        let pensacola = at("+18502345678");
        assert_eq!(pensacola.states, states(&["FL"]));
        assert_eq!(pensacola.zones, [Tz::America__Chicago, Tz::America__New_York]);
    }

    #[test]
    fn an_overlay_is_wherever_its_parents_are() {
        for (overlay, parent) in
            [("448", "850"), ("364", "270"), ("930", "812"), ("458", "541"), ("986", "208")]
        {
            let (overlay, parent) = (at(&format!("+1{overlay}2345678")), at(&format!("+1{parent}2345678")));
            assert_eq!(overlay, parent);
            assert!(overlay.zones.len() > 1);
        }
    }

    #[test]
    fn an_exchange_the_metadata_lacks_is_not_an_hour_early() {
        assert_eq!(at("+14232345678").zones, [Tz::America__Chicago, Tz::America__New_York]);
    }

    #[test]
    fn a_toll_free_number_may_be_anywhere() {
        let anywhere = at("+18002345678");
        assert_eq!(anywhere.states, StateSet::ALL);
        assert!(
            anywhere.zones.contains(&Tz::Pacific__Guam) && anywhere.zones.contains(&Tz::America__Puerto_Rico)
        );
    }

    #[test]
    fn numbers_elsewhere_have_their_country() {
        assert_eq!(at("+493012345678").country, Some(Country::try_new("DE").expect("a country")));
        assert_eq!(at("+442079460958").country, Some(Country::try_new("GB").expect("a country")));
        assert_eq!(at("+14162345678").country, Some(Country::try_new("CA").expect("a country")));
        assert_eq!(at("+17872345678").states, states(&["PR"]));
    }

    #[test]
    fn what_the_person_declared_wins_over_what_was_verified_and_that_over_the_device_and_the_number() {
        let mut evidence = Evidence {
            declared: Some(declared(&["WA"])),
            verified: Some(declared(&["OR"])),
            device: Some(declared(&["NV"])),
            number: Some(at("+14152345678")),
        };
        let mut order = vec![];
        for _ in 0..5 {
            let located = evidence.locate(StateSet::EMPTY);
            order.push((located.basis, located.candidates.states));
            match located.basis {
                Basis::Declared => evidence.declared = None,
                Basis::Verified => evidence.verified = None,
                Basis::Device => evidence.device = None,
                _ => evidence.number = None,
            }
        }
        let expected = [
            (Basis::Declared, states(&["WA"])),
            (Basis::Verified, states(&["OR"])),
            (Basis::Device, states(&["NV"])),
            (Basis::Number, states(&["CA"])),
            (Basis::Unknown, StateSet::ALL),
        ];
        assert_eq!(order, expected);
    }

    #[test]
    fn an_area_code_of_a_state_that_presumes_residence_counts_beside_an_address() {
        let evidence = Evidence {
            declared: Some(declared(&["CA"])),
            number: Some(at("+13052345678")),
            ..Evidence::default()
        };
        let presumed = evidence.locate(states(&["FL", "OK"])).presumed.expect("presumed");
        assert_eq!(presumed.states, states(&["FL"]));
        assert_eq!(evidence.locate(states(&["OK"])).presumed, None);
    }

    #[test]
    fn an_address_abroad_does_not_take_an_american_number_out_of_american_law() {
        let france = Candidates {
            country: Some(Country::try_new("FR").expect("a country")),
            states: StateSet::EMPTY,
            zones: vec![],
        };
        let evidence =
            Evidence { declared: Some(france), number: Some(at("+14152345678")), ..Evidence::default() };
        assert_eq!(evidence.locate(StateSet::EMPTY).presumed.expect("presumed").states, states(&["CA"]));
    }

    #[test]
    fn a_declared_zone_alone_may_be_any_state_in_it() {
        let zone = Candidates {
            country: Some(Country::US),
            states: StateSet::EMPTY,
            zones: vec![Tz::America__Los_Angeles],
        };
        let evidence = Evidence { declared: Some(zone), ..Evidence::default() };
        assert_eq!(
            evidence.locate(StateSet::EMPTY).candidates.states,
            states(&["CA", "ID", "NV", "OR", "WA"])
        );
    }
}
