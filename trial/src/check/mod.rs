//! The checks: what must hold between what clients saw and what the system holds.
//!
//! Each is a function of history and evidence alone, takes linear time (or that of sorting), and names what breaks its
//! rule by operation and position. They find what [Elle](https://github.com/jepsen-io/elle) would search for, and need
//! not search: the log itself has an order, and tokens say which event is whose.

mod case;
mod report;

mod i01_no_lost_ack;
mod i01b_no_phantom;
mod i02_one_effect;
mod i03_complete_fan_out;
mod i04_version_chain;
mod i05_order;
mod i06_fold;
mod i07_monotonic_reads;
mod i08_read_your_writes;
mod i09_real_time;
mod i11_isolation;
mod i12_recovery;
mod i13_unknowns;
mod i14_logs;
#[cfg(test)]
mod simulation;

pub use report::{Check, Report, Verdict, Violation};

use crate::evidence::Evidence;
use crate::history::History;
use case::Case;
use report::Findings;

/// Makes all checks.
#[must_use]
pub fn all(history: &History, evidence: &Evidence) -> Report {
    let case = Case::new(history, evidence);
    let verdicts = CHECKS.iter().map(|(check, look)| {
        let mut findings = Findings::default();
        look(&case, &mut findings);
        findings.verdict(*check)
    });
    Report { verdicts: verdicts.collect() }
}

type Look = fn(&Case<'_>, &mut Findings);

const CHECKS: &[(Check, Look)] = &[
    (Check::NoLostAck, i01_no_lost_ack::look),
    (Check::NoPhantom, i01b_no_phantom::look),
    (Check::OneEffect, i02_one_effect::look),
    (Check::CompleteFanOut, i03_complete_fan_out::look),
    (Check::VersionChain, i04_version_chain::look),
    (Check::Order, i05_order::look),
    (Check::ReadModelsAreTheLog, i06_fold::look),
    (Check::MonotonicReads, i07_monotonic_reads::look),
    (Check::ReadYourWrites, i08_read_your_writes::look),
    (Check::RealTime, i09_real_time::look),
    (Check::Isolation, i11_isolation::look),
    (Check::Recovery, i12_recovery::look),
    (Check::UnknownsSettle, i13_unknowns::look),
    (Check::CleanLogs, i14_logs::look),
];
