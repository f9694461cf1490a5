use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::case::Case;
use super::report::Findings;
use crate::evidence::{Aggregate, Stream, TopicRecord};

/// **I5**: positions follow versions; whoever takes from a topic what he has not seen gets each stream in its order and
/// each partition in the store's; the feed is in the store's order.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    for pair in case.evidence.events.windows(2) {
        findings.looked();
        let [one, next] = pair else { continue };
        if one.stream == next.stream && one.position >= next.position {
            findings.violated([], [one.position, next.position], || {
                format!("version {} is stored before version {}", next.sequence, one.sequence)
            });
        }
    }
    look_at_records(case.evidence.records.as_deref().unwrap_or_default(), findings);
    for operation in &case.history.operations {
        if operation.completed.polled.as_ref().is_some_and(|polled| !polled.ordered) {
            findings.violated([operation.invoked.op], [], || "a poll of the feed is out of order".to_owned());
        }
    }
}

/// What a topic shows again changes nothing; what it shows for the first time must not have been overtaken.
fn look_at_records(records: &[TopicRecord], findings: &mut Findings) {
    let mut seen: HashSet<Uuid> = HashSet::with_capacity(records.len());
    let mut streams: HashMap<Stream, i64> = HashMap::new();
    let mut partitions: HashMap<(Aggregate, i32), i64> = HashMap::new();
    for record in records.iter().filter(|record| seen.insert(record.event_id)) {
        findings.looked();
        let shown = streams.entry(record.stream).or_default();
        let reached = partitions.entry((record.stream.aggregate, record.partition)).or_default();
        if record.sequence < *shown {
            let after = *shown;
            findings.violated([], [record.position], || {
                format!("version {} comes after version {after} in its topic", record.sequence)
            });
        } else if record.position < *reached {
            findings.violated([], [*reached, record.position], || "a partition goes back".to_owned());
        }
        *shown = record.sequence.max(*shown);
        *reached = record.position.max(*reached);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::check::Check;
    use crate::check::simulation::Simulation;

    proptest! {
        #[test]
        fn records_that_changed_places_are_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.swap_records();
            prop_assert_eq!(good.report().broken(), vec![Check::Order]);
        }
    }
}
