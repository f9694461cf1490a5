use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::history::{End, Kind, Way};

/// How many operations have ended, by kind and end, and by way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    pub kinds: BTreeMap<Kind, Ended>,
    pub ways: BTreeMap<Way, u64>,
}

/// How operations of one kind ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    pub ok: u64,
    pub fail: u64,
    pub info: u64,
}

impl Counts {
    /// Operations that have ended.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.kinds.values().map(|ended| ended.ok + ended.fail + ended.info).sum()
    }

    /// Commands that were acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.kinds.iter().filter(|(kind, _)| kind.is_command()).map(|(_, ended)| ended.ok).sum()
    }

    /// What the load was to do and never did: kinds that never ended as they should, ways that never occurred.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let done = |kind: &Kind| {
            let ended = self.kinds.get(kind).copied().unwrap_or_default();
            if kind.is_trespass() { ended.fail > 0 } else { ended.ok > 0 }
        };
        let kinds = Kind::ALL.iter().filter(|kind| !done(kind)).map(|kind| kind.name());
        let ways = Way::ALL.iter().filter(|way| !self.ways.contains_key(way)).map(|way| way.name());
        kinds.chain(ways).collect()
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, Ended { ok, fail, info }) in &self.kinds {
            writeln!(f, "{:20} {ok:8} ok {fail:7} fail {info:6} info", kind.name())?;
        }
        for (way, times) in &self.ways {
            writeln!(f, "{:20} {times:8}", way.name())?;
        }
        write!(f, "{:20} {:8}", "in all", self.total())
    }
}

/// The counters behind.
#[derive(Default)]
pub(super) struct Counters {
    kinds: [[AtomicU64; 3]; Kind::ALL.len()],
    ways: [AtomicU64; Way::ALL.len()],
    ended: AtomicU64,
}

impl Counters {
    pub fn count(&self, kind: Kind, way: Way, end: End) {
        self.kinds[kind as usize][end as usize].fetch_add(1, Ordering::Relaxed);
        self.ways[way as usize].fetch_add(1, Ordering::Relaxed);
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    pub fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    pub fn now(&self) -> Counts {
        let mut counts = Counts::default();
        for kind in Kind::ALL {
            let [ok, fail, info] = &self.kinds[*kind as usize];
            let [ok, fail, info] = [ok, fail, info].map(|counter| counter.load(Ordering::Relaxed));
            if ok + fail + info > 0 {
                counts.kinds.insert(*kind, Ended { ok, fail, info });
            }
        }
        for way in Way::ALL {
            let times = self.ways[*way as usize].load(Ordering::Relaxed);
            if times > 0 {
                counts.ways.insert(*way, times);
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::Counters;
    use crate::history::{End, Kind, Way};

    #[test]
    fn what_never_happened_is_missing() {
        let counters = Counters::default();
        for kind in Kind::ALL {
            let end = if kind.is_trespass() { End::Fail } else { End::Ok };
            counters.count(*kind, Way::Plain, if *kind == Kind::Grant { End::Info } else { end });
        }
        let counts = counters.now();
        let missing = counts.missing();
        assert_eq!(missing[0], "grant_consent", "an unknown outcome is not one");
        assert_eq!(missing.len(), 1 + Way::ALL.len() - 1);
        assert_eq!(counts.total(), Kind::ALL.len() as u64);
        assert_eq!(counters.ended(), counts.total());
    }
}
