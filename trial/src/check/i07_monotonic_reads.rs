use std::collections::HashMap;

use uuid::Uuid;

use super::case::Case;
use super::report::Findings;
use crate::history::{End, Kind, Operation};

/// **I7**: what a client is shown of an aggregate in one view, and the moment a list shows, never fall back.
///
/// The dashboard is left out: it may be what others saw a moment ago.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    let mut versions: HashMap<(u32, Kind, Uuid), (i64, u64)> = HashMap::new();
    let mut moments: HashMap<(u32, Kind), (i64, u64)> = HashMap::new();
    for operation in case.history.operations.iter().filter(|operation| is_a_read(operation)) {
        let (invoked, completed) = (&operation.invoked, &operation.completed);
        if let (Some(id), Some(version)) = (invoked.aggregate, completed.version) {
            let seen = versions.entry((invoked.client, invoked.f, id)).or_default();
            compare(seen, i64::from(version), operation, "version", findings);
        }
        if let Some(position) = completed.position {
            let seen = moments.entry((invoked.client, invoked.f)).or_default();
            compare(seen, position, operation, "moment", findings);
        }
    }
}

fn is_a_read(operation: &Operation) -> bool {
    let f = operation.invoked.f;
    operation.end == End::Ok && !f.is_command() && !f.is_trespass() && f != Kind::Dashboard
}

fn compare(seen: &mut (i64, u64), now: i64, operation: &Operation, what: &str, findings: &mut Findings) {
    findings.looked();
    let (before, op) = *seen;
    if now < before {
        let (f, ops) = (operation.invoked.f, [op, operation.invoked.op]);
        findings.violated(ops, [], || format!("{f} shows {what} {now} after {before}"));
    } else {
        *seen = (now, operation.invoked.op);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::check::Check;
    use crate::check::simulation::Simulation;

    proptest! {
        #[test]
        fn a_read_that_shows_less_than_the_one_before_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.read_the_past();
            prop_assert_eq!(good.report().broken(), vec![Check::MonotonicReads]);
        }
    }
}
