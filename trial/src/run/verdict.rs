use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::PathBuf;

use crate::check::Report;
use crate::load::Counts;

/// What came out of a trial.
#[derive(Debug)]
pub struct Verdict {
    pub fault: &'static str,
    pub seed: u64,
    pub seconds: u64,
    pub rounds: u32,
    /// How often the fault struck.
    pub struck: u64,
    pub counts: Counts,
    /// Events in the store at the end.
    pub events: usize,
    /// What the load never did.
    pub missing: Vec<&'static str>,
    /// Commands whose outcome the server would not tell.
    pub unsettled: usize,
    pub report: Report,
    pub history: PathBuf,
}

impl Verdict {
    /// Whether the fault struck, everything was tried, every outcome is known, and no check complains.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.struck > 0 && self.missing.is_empty() && self.unsettled == 0 && self.report.is_clean()
    }

    /// Prints the verdict; the history is deleted.
    ///
    /// # Panics
    /// Where it is not sound; the history is kept.
    pub fn must_be_sound(self) {
        println!("{self}");
        assert!(self.is_sound(), "{} was not survived; history: {}", self.fault, self.history.display());
        drop(std::fs::remove_file(&self.history));
    }

    /// Adds a row to the table of `SEIKETSU_TRIAL_REPORT`, where there is to be one.
    pub(super) fn write_down(&self) -> io::Result<()> {
        let Some(table) = std::env::var_os("SEIKETSU_TRIAL_REPORT") else { return Ok(()) };
        let mut table = OpenOptions::new().create(true).append(true).open(table)?;
        let unknown: u64 = self.counts.kinds.values().map(|ended| ended.info).sum();
        writeln!(
            table,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            self.fault,
            self.seconds,
            self.rounds,
            self.struck,
            self.counts.total(),
            self.counts.acknowledged(),
            unknown,
            self.events,
            if self.is_sound() { "sound" } else { "NOT SOUND" }
        )
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: struck {} times in {} rounds and {} s, seed {}; {} events",
            self.fault, self.struck, self.rounds, self.seconds, self.seed, self.events
        )?;
        writeln!(f, "{}", self.counts)?;
        if !self.missing.is_empty() {
            writeln!(f, "never done: {}", self.missing.join(", "))?;
        }
        if self.unsettled > 0 {
            writeln!(f, "{} outcomes would not be told", self.unsettled)?;
        }
        write!(f, "{}", self.report)
    }
}
