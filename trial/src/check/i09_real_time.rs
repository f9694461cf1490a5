use std::collections::HashMap;

use uuid::Uuid;

use super::case::Case;
use super::report::Findings;
use crate::history::{End, Operation, Token};

/// **I9**: where a command was acknowledged before another on the same aggregate was sent, its version is the smaller.
/// As the log has one order, this is all there is to linearizability.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    let mut streams: HashMap<(u16, Uuid), Vec<Write>> = HashMap::new();
    for (key, operations) in case.keys() {
        if let Some((stream, write)) = write(key, &operations) {
            streams.entry(stream).or_default().push(write);
        }
    }
    for writes in streams.into_values() {
        sweep(writes, findings);
    }
}

/// A command, however often it was sent.
struct Write {
    op: u64,
    sent: u64,
    acknowledged: u64,
    version: u32,
}

fn write(key: Token, operations: &[&Operation]) -> Option<((u16, Uuid), Write)> {
    let own = || operations.iter().filter(|operation| operation.invoked.token == Some(key));
    let sent = own().map(|operation| operation.invoked.time).min()?;
    let first = own()
        .filter(|operation| operation.end == End::Ok)
        .min_by_key(|operation| operation.completed.time)?;
    // What was so already made no version.
    let wrote = first.completed.shown || !first.invoked.f.may_be_so_already();
    let stream = (first.invoked.tenant, first.aggregate()?);
    let (op, acknowledged) = (first.invoked.op, first.completed.time);
    wrote.then_some((stream, Write { op, sent, acknowledged, version: first.completed.version? }))
}

/// Goes through the commands as they were sent, and knows the latest version that was acknowledged by then.
fn sweep(mut writes: Vec<Write>, findings: &mut Findings) {
    let mut acknowledged: Vec<(u64, u32, u64)> =
        writes.iter().map(|write| (write.acknowledged, write.version, write.op)).collect();
    acknowledged.sort_unstable();
    writes.sort_unstable_by_key(|write| write.sent);
    let mut acknowledged = acknowledged.into_iter().peekable();
    let mut latest = (0, 0);
    for write in writes {
        findings.looked();
        while let Some((_, version, op)) = acknowledged.next_if(|(time, ..)| *time < write.sent) {
            latest = latest.max((version, op));
        }
        if write.version <= latest.0 {
            let (version, before) = (write.version, latest.0);
            findings.violated([latest.1, write.op], [], || {
                format!("version {version} was asked for after version {before} was acknowledged")
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::check::Check;
    use crate::check::simulation::Simulation;

    proptest! {
        #[test]
        fn a_version_from_before_its_command_was_sent_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.turn_time_around();
            prop_assert_eq!(good.report().broken(), vec![Check::RealTime]);
        }
    }
}
