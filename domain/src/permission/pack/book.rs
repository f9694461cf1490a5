use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::check::turning_days;
use super::{
    Abandonment, ConsentNeed, Duty, EvidenceNeed, Fault, Frequency, HealthcareExemption, Holiday, Hours, Lag,
    NationalListTerms, OptIn, Pack, PackId, PackName, ReassignedTerms, RecordingParties, Registration,
    Registry, Relationship, ResidentialExemption, RevocationTerms, RevokeAll, Row, Says, StateList, Validity,
};
use crate::permission::places::{Country, StateSet};
use crate::values::Timestamp;

/// A rule in force, with the row it comes from.
#[derive(Debug, Clone)]
pub struct Applied<T> {
    /// Pack and row, such as `us-states/fl.hours`.
    pub row: Arc<str>,
    pub pack: PackName,
    pub rule: T,
}

/// One of each pack, made ready for decisions.
#[derive(Debug, Clone)]
pub struct PackSet {
    ids: Vec<PackId>,
    /// The last day before one of the packs must be looked at again.
    review_by: NaiveDate,
    effective_from: NaiveDate,
    /// Where the European pack holds.
    european: Vec<Country>,
    /// What is in force from a day on, until the next.
    books: Vec<(NaiveDate, Book)>,
}

/// Everything in force on one day.
#[derive(Debug, Clone, Default)]
pub struct Book {
    pub hours: Vec<Applied<Hours>>,
    pub holidays: Vec<Applied<Holiday>>,
    pub consent: Vec<Applied<ConsentNeed>>,
    pub evidence: Vec<Applied<EvidenceNeed>>,
    pub revocation: Vec<Applied<RevocationTerms>>,
    pub revoke_all: Vec<Applied<RevokeAll>>,
    pub relationship: Vec<Applied<Relationship>>,
    pub registry: Vec<Applied<Registry>>,
    pub reassigned: Vec<Applied<ReassignedTerms>>,
    pub lag: Vec<Applied<Lag>>,
    pub frequency: Vec<Applied<Frequency>>,
    pub abandonment: Vec<Applied<Abandonment>>,
    pub healthcare: Vec<Applied<HealthcareExemption>>,
    pub residential: Vec<Applied<ResidentialExemption>>,
    pub validity: Vec<Applied<Validity>>,
    pub state_lists: Vec<Applied<StateList>>,
    pub national_list: Vec<Applied<NationalListTerms>>,
    pub registrations: Vec<Applied<Registration>>,
    pub recording: Vec<Applied<RecordingParties>>,
    pub opt_in: Vec<Applied<OptIn>>,
    pub duties: Vec<Applied<Duty>>,
    /// States that presume residence by area code.
    pub presuming: StateSet,
    /// States in which nobody is called during a state of emergency.
    pub banning: StateSet,
}

impl PackSet {
    /// # Errors
    /// Not exactly one of each pack.
    pub fn try_new(packs: Vec<Pack>) -> Result<Self, Vec<Fault>> {
        let mut by_name: BTreeMap<PackName, Pack> = BTreeMap::new();
        let mut faults = vec![];
        for pack in packs {
            let name = pack.name;
            if by_name.insert(name, pack).is_some() {
                faults.push(Fault::new(name.as_str(), "pack_twice", "is there twice"));
            }
        }
        for name in PackName::ALL.into_iter().filter(|name| !by_name.contains_key(name)) {
            faults.push(Fault::new(name.as_str(), "pack_missing", "is missing"));
        }
        if faults.is_empty() { Ok(Self::of(&by_name)) } else { Err(faults) }
    }

    fn of(packs: &BTreeMap<PackName, Pack>) -> Self {
        let mut days: Vec<NaiveDate> = packs.values().flat_map(turning_days).collect();
        days.sort_unstable();
        days.dedup();
        let european = packs.get(&PackName::Eu).map(|pack| pack.countries.clone()).unwrap_or_default();
        Self {
            ids: packs.values().map(Pack::id).collect(),
            review_by: packs.values().map(|pack| pack.review_by).min().unwrap_or_default(),
            effective_from: packs.values().map(|pack| pack.effective_from).max().unwrap_or_default(),
            european,
            books: days.into_iter().map(|day| (day, Book::on(packs, day))).collect(),
        }
    }

    /// The identities, in the order of their names.
    #[must_use]
    pub fn ids(&self) -> &[PackId] {
        &self.ids
    }

    /// The last day the packs may be used on.
    #[must_use]
    pub fn review_by(&self) -> NaiveDate {
        self.review_by
    }

    /// The first day all of them may be used on.
    #[must_use]
    pub fn effective_from(&self) -> NaiveDate {
        self.effective_from
    }

    #[must_use]
    pub fn is_european(&self, country: Country) -> bool {
        self.european.contains(&country)
    }

    /// What is in force at an instant, by the calendar of Washington; before the first day what holds on it.
    #[must_use]
    pub fn book(&self, at: Timestamp) -> &Book {
        static NOTHING: std::sync::LazyLock<Book> = std::sync::LazyLock::new(Book::default);
        let day = washington(at);
        let next = self.books.partition_point(|(from, _)| *from <= day);
        self.books.get(next.saturating_sub(1)).map_or(&NOTHING, |(_, book)| book)
    }

    /// The first day after the instant on which something else is in force.
    #[must_use]
    pub fn next_change(&self, at: Timestamp) -> Option<NaiveDate> {
        let day = washington(at);
        self.books.iter().map(|(from, _)| *from).find(|from| *from > day)
    }
}

/// The day in Washington, by which the packs count.
pub(in crate::permission) fn washington(at: Timestamp) -> NaiveDate {
    at.get().with_timezone(&Tz::America__New_York).date_naive()
}

impl Book {
    fn on(packs: &BTreeMap<PackName, Pack>, day: NaiveDate) -> Self {
        let mut book = Self::default();
        for pack in packs.values() {
            for row in pack.rows.iter().filter(|row| row.is_in_force(day)) {
                book.add(pack.name, row);
            }
        }
        book
    }

    fn add(&mut self, pack: PackName, row: &Row) {
        let name: Arc<str> = format!("{}/{}", pack.as_str(), row.id).into();
        match &row.says {
            Says::Hours(rule) => put(&mut self.hours, name, pack, rule),
            Says::Holiday(rule) => put(&mut self.holidays, name, pack, rule),
            Says::Consent(rule) => put(&mut self.consent, name, pack, rule),
            Says::Evidence(rule) => put(&mut self.evidence, name, pack, rule),
            Says::Revocation(rule) => put(&mut self.revocation, name, pack, rule),
            Says::RevokeAll(rule) => put(&mut self.revoke_all, name, pack, rule),
            Says::Relationship(rule) => put(&mut self.relationship, name, pack, rule),
            Says::Registry(rule) => put(&mut self.registry, name, pack, rule),
            Says::Reassigned(rule) => put(&mut self.reassigned, name, pack, rule),
            Says::Lag(rule) => put(&mut self.lag, name, pack, rule),
            Says::Frequency(rule) => put(&mut self.frequency, name, pack, rule),
            Says::Abandonment(rule) => put(&mut self.abandonment, name, pack, rule),
            Says::HealthcareExemption(rule) => put(&mut self.healthcare, name, pack, rule),
            Says::ResidentialExemption(rule) => put(&mut self.residential, name, pack, rule),
            Says::Validity(rule) => put(&mut self.validity, name, pack, rule),
            Says::StateList(rule) => put(&mut self.state_lists, name, pack, rule),
            Says::NationalList(rule) => put(&mut self.national_list, name, pack, rule),
            Says::Registration(rule) => put(&mut self.registrations, name, pack, rule),
            Says::Recording(rule) => put(&mut self.recording, name, pack, rule),
            Says::OptIn(rule) => put(&mut self.opt_in, name, pack, rule),
            Says::Duty(rule) => put(&mut self.duties, name, pack, rule),
            // Read from the pack itself, by those who hear withdrawals.
            Says::Words(_) => {}
            Says::AreaCodePresumption(of) => self.presuming = self.presuming.with(of.state),
            Says::EmergencyBan(of) => self.banning = self.banning.with(of.state),
        }
    }
}

fn put<T: Clone>(rules: &mut Vec<Applied<T>>, row: Arc<str>, pack: PackName, rule: &T) {
    rules.push(Applied { row, pack, rule: rule.clone() });
}
