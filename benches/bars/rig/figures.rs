//! Numbers and how they are shown.

use std::fmt;
use std::time::Duration;

/// One thing measured several times, per second.
pub struct Row {
    name: &'static str,
    rounds: Vec<f64>,
}

impl Row {
    pub fn new(name: &'static str, rounds: &[f64]) -> Self {
        Self { name, rounds: rounds.to_vec() }
    }
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The first row is ours; the others are what it is compared with.
pub fn print_ratios(rows: &[Row]) {
    println!(
        "\n{:<56} {:>9} {:>9} {:>9}   ours is (median of rounds; least, most)",
        "per second", "min", "median", "max"
    );
    let bounds = |values: &[f64]| values.iter().fold((f64::MAX, 0.0_f64), |(a, b), v| (a.min(*v), b.max(*v)));
    for row in rows {
        let (min, max) = bounds(&row.rounds);
        let middle = median(&row.rounds);
        let ratios: Vec<f64> =
            rows[0].rounds.iter().zip(&row.rounds).map(|(ours, theirs)| ours / theirs).collect();
        let (least, most) = bounds(&ratios);
        println!(
            "{:<56} {min:>9.0} {middle:>9.0} {max:>9.0}   {:>6.2} × ({least:.2}, {most:.2})",
            row.name,
            median(&ratios)
        );
    }
}

/// A distribution of durations.
pub struct Distribution(Vec<Duration>);

impl Distribution {
    pub fn new(mut values: Vec<Duration>) -> Self {
        values.sort_unstable();
        Self(values)
    }

    /// The value that a share of all is below, in milliseconds.
    pub fn at(&self, share: f64) -> f64 {
        if self.0.is_empty() {
            return f64::NAN;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a few million samples"
        )]
        let index = ((self.0.len() - 1) as f64 * share).round() as usize;
        self.0[index].as_secs_f64() * 1000.0
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (n, at) = (self.0.len(), |share| self.at(share));
        write!(
            f,
            "p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, p99.9 {:.2} ms, max {:.2} ms ({n} samples)",
            at(0.5),
            at(0.9),
            at(0.99),
            at(0.999),
            at(1.0)
        )
    }
}
