//! What differs from day to day: numbers, words, outcomes. The same repetition of the same scenario is always the same
//! day, whatever runs beside it.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use super::hours::{self, Hours};
use super::phones;

/// One repetition of one scenario.
pub struct Day {
    rng: StdRng,
    /// Counted from 0.
    pub repetition: usize,
    stock: usize,
    run: Run,
}

/// What all days of a run have in common.
#[derive(Debug, Clone)]
pub struct Run {
    /// Tells this run from any other; part of tags, keys and addresses.
    pub id: String,
    pub started: DateTime<Utc>,
    /// Where in each stock of numbers the run begins.
    pub first_number: usize,
}

/// Calls of the first days last a little, so that durations are not all zero; the others go as fast as they can.
const DAYS_WITH_PAUSES: usize = 2;

impl Day {
    /// The day a scenario has in a repetition; `stock` says which numbers it calls.
    #[must_use]
    pub fn new(run: &Run, stock: usize, repetition: usize) -> Self {
        let seed = (repetition as u64) << 8 | stock as u64;
        Self { rng: StdRng::seed_from_u64(seed), repetition, stock, run: run.clone() }
    }

    /// One of these.
    pub fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        choices.choose(&mut self.rng).copied().unwrap_or_default()
    }

    /// A number of this range, both ends included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        self.rng.gen_range(least..=most)
    }

    /// Whether it comes to this, in so many days of a hundred.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.rng.gen_ratio(percent.min(100), 100)
    }

    /// A share between `least` and 1, to three decimals.
    pub fn share(&mut self, least: f64) -> f64 {
        (self.rng.gen_range(least..=1.0) * 1000.0).round() / 1000.0
    }

    /// The number of the person this is about.
    #[must_use]
    pub fn phone(&self) -> String {
        self.phone_of(0)
    }

    /// The number of one of several people; up to ten stocks apart, so that scenarios never share one.
    #[must_use]
    pub fn phone_of(&self, person: usize) -> String {
        phones::number(self.stock + person, self.run.first_number + self.repetition)
    }

    /// Whether the person may be called while the run lasts.
    #[must_use]
    pub fn hours(&self) -> Hours {
        hours::of(&self.phone(), self.run.started)
    }

    /// An address of the person this is about.
    #[must_use]
    pub fn email(&self, mailbox: &str) -> String {
        format!("{mailbox}.{}.{}@example.com", self.run.id, self.repetition)
    }

    /// The tag that all leads of a run carry.
    #[must_use]
    pub fn tag(&self) -> String {
        self.run.tag()
    }

    /// So many hours after the run began, as the API writes times; hours before it are negative.
    #[must_use]
    pub fn in_hours(&self, hours: i64) -> String {
        time(self.run.started + chrono::Duration::hours(hours))
    }

    /// How long somebody takes here, in the first days; nothing later.
    #[must_use]
    pub fn a_while(&self, milliseconds: u64) -> Duration {
        Duration::from_millis(if self.repetition < DAYS_WITH_PAUSES { milliseconds } else { 0 })
    }
}

impl Run {
    /// The tag that all its leads carry.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("demo-{}", self.id)
    }
}

/// An instant as the API writes it.
#[must_use]
pub fn time(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::{Day, Run};

    fn run(id: &str) -> Run {
        Run { id: id.to_owned(), started: chrono::DateTime::UNIX_EPOCH, first_number: 5 }
    }

    #[test]
    fn the_same_day_is_the_same_again_and_another_one_is_not() {
        let numbers = |repetition| {
            let mut day = Day::new(&run("a"), 3, repetition);
            (0..20).map(|_| day.between(0, 1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(4), numbers(4));
        assert_ne!(numbers(4), numbers(5));
    }

    #[test]
    fn people_of_one_day_have_numbers_of_their_own() {
        let day = Day::new(&run("a"), 3, 1);
        assert_ne!(day.phone(), day.phone_of(1));
        assert_ne!(day.phone(), Day::new(&run("a"), 3, 2).phone());
    }
}
