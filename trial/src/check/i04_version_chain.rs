use std::collections::HashSet;

use super::case::Case;
use super::report::Findings;
use crate::history::Operation;

/// **I4**: the versions of a stream are 1 to n, positions and ids of events are unique, and a command on condition of
/// version n made version n + 1.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    look_at_streams(case, findings);
    look_at_names(case, findings);
    for operation in case.history.operations.iter().filter(|operation| operation.is_acknowledged()) {
        look_at_condition(case, operation, findings);
    }
}

fn look_at_streams(case: &Case<'_>, findings: &mut Findings) {
    for stream in case.evidence.events.chunk_by(|a, b| a.stream == b.stream) {
        for (expected, event) in (1..).zip(stream) {
            findings.looked();
            if event.sequence != expected {
                let (id, found) = (event.stream.id, event.sequence);
                findings.violated([], [event.position], || {
                    format!("stream {id} has version {found} where {expected} belongs")
                });
                break;
            }
        }
    }
}

fn look_at_names(case: &Case<'_>, findings: &mut Findings) {
    let (mut positions, mut ids) = (HashSet::new(), HashSet::new());
    for event in &case.evidence.events {
        if !positions.insert(event.position) || !ids.insert(event.event_id) {
            findings.violated([], [event.position], || {
                format!("event {} is not the only one of its name", event.event_id)
            });
        }
    }
}

fn look_at_condition(case: &Case<'_>, operation: &Operation, findings: &mut Findings) {
    let invoked = &operation.invoked;
    let (Some(token), Some(expected)) = (invoked.token, invoked.expected_version) else { return };
    findings.looked();
    let next = i64::from(expected) + 1;
    let written = case.events_with(token).map(|event| event.sequence).min();
    if written.is_some_and(|written| written != next) {
        findings.violated([invoked.op], [], || {
            format!("a command on condition of version {expected} was accepted, and made version {written:?}")
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::check::Check;
    use crate::check::simulation::Simulation;

    proptest! {
        #[test]
        fn a_hole_in_a_stream_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.skip_a_version();
            prop_assert!(good.report().broken().contains(&Check::VersionChain));
        }

        #[test]
        fn a_condition_that_was_not_met_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.ignore_a_condition();
            prop_assert_eq!(good.report().broken(), vec![Check::VersionChain]);
        }
    }
}
