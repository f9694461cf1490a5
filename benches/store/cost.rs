//! What processors were busy with.

use std::fmt;
use std::ops::Sub;

/// Processor time so far, in clock ticks.
#[derive(Clone, Copy)]
pub struct Cost {
    own: u64,
    postgres: u64,
}

impl Cost {
    /// Of this process, and of Postgres with all its processes, the ended ones included.
    pub fn now() -> Self {
        Self { own: ticks("self").map_or(0, |of| of.all()), postgres: postgres().unwrap_or(0) }
    }

    /// The cost of one of so many.
    pub fn per(self, count: i64) -> impl fmt::Display {
        #[expect(clippy::cast_precision_loss, reason = "minutes in hundredths of a second")]
        let micros = |ticks: u64| ticks as f64 / TICKS_PER_SECOND * 1e6 / count as f64;
        format!("{:.1} µs here, {:.1} µs in Postgres", micros(self.own), micros(self.postgres))
    }
}

impl Sub for Cost {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { own: self.own - before.own, postgres: self.postgres - before.postgres }
    }
}

/// Of Linux, on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

struct Ticks {
    parent: u64,
    own: u64,
    /// Of children that have ended.
    ended: u64,
}

impl Ticks {
    fn all(&self) -> u64 {
        self.own + self.ended
    }
}

/// `/proc/<process>/stat`; nothing where the process has ended or this is not Linux.
fn ticks(process: &str) -> Option<Ticks> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold anything.
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<u64> = fields.split(' ').map(|field| field.parse().unwrap_or(0)).collect();
    let at = |index: usize| fields.get(index).copied().unwrap_or(0);
    Some(Ticks { parent: at(1), own: at(11) + at(12), ended: at(13) + at(14) })
}

/// Where the server was started for this run.
fn postgres() -> Option<u64> {
    let data = std::env::var("SEIKETSU_TEST_PG_DATA").ok()?;
    let pid_file = std::fs::read_to_string(format!("{data}/postmaster.pid")).ok()?;
    let postmaster: u64 = pid_file.lines().next()?.trim().parse().ok()?;
    let backends =
        std::fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| ticks(entry.file_name().to_str()?));
    let alive: u64 = backends.filter(|of| of.parent == postmaster).map(|of| of.all()).sum();
    Some(alive + ticks(&postmaster.to_string())?.all())
}
