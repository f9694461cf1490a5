use std::fmt;

/// The rules, in the order of their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// I1: what was acknowledged is stored, where the acknowledgement says.
    NoLostAck,
    /// I1b: what is stored was asked for, and was not refused.
    NoPhantom,
    /// I2: a key has one effect, and one answer.
    OneEffect,
    /// I3: topics and feed hold every event, each in the partition of its stream, and nothing else.
    CompleteFanOut,
    /// I4: the versions of a stream are 1 to n; a condition on a version was met.
    VersionChain,
    /// I5: store, topics and feed show a stream in its order.
    Order,
    /// I6: read models are what the events add up to.
    ReadModelsAreTheLog,
    /// I7: no client is shown less than it was shown before.
    MonotonicReads,
    /// I8: a read that brings a token shows that write, or says that it cannot.
    ReadYourWrites,
    /// I9: what was acknowledged before another command was sent precedes it.
    RealTime,
    /// I11: nobody sees or touches what is another tenant's.
    Isolation,
    /// I12: when all has healed, everything arrives, and nothing stays parked.
    Recovery,
    /// I13: every unknown outcome was told in the end, and told truly.
    UnknownsSettle,
    /// I14: the logs tell of no trouble that the trial did not make.
    CleanLogs,
}

impl Check {
    /// Such as `I1`.
    #[must_use]
    pub fn number(self) -> &'static str {
        match self {
            Self::NoLostAck => "I1",
            Self::NoPhantom => "I1b",
            Self::OneEffect => "I2",
            Self::CompleteFanOut => "I3",
            Self::VersionChain => "I4",
            Self::Order => "I5",
            Self::ReadModelsAreTheLog => "I6",
            Self::MonotonicReads => "I7",
            Self::ReadYourWrites => "I8",
            Self::RealTime => "I9",
            Self::Isolation => "I11",
            Self::Recovery => "I12",
            Self::UnknownsSettle => "I13",
            Self::CleanLogs => "I14",
        }
    }
}

/// What breaks a rule, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub what: String,
    /// Numbers of operations in the history.
    pub operations: Vec<u64>,
    /// Positions of events in the store.
    pub positions: Vec<i64>,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub check: Check,
    /// How many things it looked at; with 0 it proves nothing.
    pub looked_at: u64,
    pub violations: u64,
    /// The first violations.
    pub examples: Vec<Violation>,
}

/// What all checks found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub verdicts: Vec<Verdict>,
}

impl Report {
    /// Whether no rule is broken.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.broken().is_empty()
    }

    /// The rules that are broken.
    #[must_use]
    pub fn broken(&self) -> Vec<Check> {
        self.verdicts.iter().filter(|verdict| verdict.violations > 0).map(|verdict| verdict.check).collect()
    }

    /// The checks that had nothing to look at.
    #[must_use]
    pub fn idle(&self) -> Vec<Check> {
        self.verdicts.iter().filter(|verdict| verdict.looked_at == 0).map(|verdict| verdict.check).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Verdict { check, looked_at, violations, examples } in &self.verdicts {
            writeln!(f, "{:4} {check:?}: {violations} violations in {looked_at}", check.number())?;
            for Violation { what, operations, positions } in examples {
                writeln!(f, "       {what} (operations {operations:?}, positions {positions:?})")?;
            }
        }
        Ok(())
    }
}

/// Violations that are kept in full; the others are counted.
const EXAMPLES: usize = 10;

/// What a check has found so far.
#[derive(Default)]
pub(super) struct Findings {
    looked_at: u64,
    violations: u64,
    examples: Vec<Violation>,
}

impl Findings {
    /// One more thing was looked at.
    pub fn looked(&mut self) {
        self.looked_at += 1;
    }

    /// Something breaks the rule. The words are only made where they are kept.
    pub fn violated(
        &mut self,
        operations: impl IntoIterator<Item = u64>,
        positions: impl IntoIterator<Item = i64>,
        what: impl FnOnce() -> String,
    ) {
        self.violations += 1;
        if self.examples.len() < EXAMPLES {
            let operations = operations.into_iter().collect();
            let positions = positions.into_iter().collect();
            self.examples.push(Violation { what: what(), operations, positions });
        }
    }

    pub fn verdict(self, check: Check) -> Verdict {
        let Self { looked_at, violations, examples } = self;
        Verdict { check, looked_at, violations, examples }
    }
}
