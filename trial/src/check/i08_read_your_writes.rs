use super::case::Case;
use super::report::Findings;
use crate::history::{End, Operation};

/// **I8**: a read that brings the token of a write shows it, or says that it cannot yet.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    for operation in &case.history.operations {
        let Some(at_least) = operation.invoked.at_least else { continue };
        findings.looked();
        if let Some(shown) = shows_less(operation, at_least) {
            let f = operation.invoked.f;
            findings.violated([operation.invoked.op], [], || {
                format!("{f} shows {shown} instead of version {at_least}")
            });
        }
    }
}

fn shows_less(operation: &Operation, at_least: u32) -> Option<String> {
    let completed = &operation.completed;
    match (operation.end, completed.version) {
        (End::Fail, _) if completed.status == 404 => Some("nothing".to_owned()),
        (End::Ok, None) => Some("no version".to_owned()),
        (End::Ok, Some(version)) if version < at_least && !completed.stale => {
            Some(format!("version {version}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::check::Check;
    use crate::check::simulation::Simulation;

    proptest! {
        #[test]
        fn a_read_that_does_not_show_the_write_it_names_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.show_less_than_asked();
            prop_assert_eq!(good.report().broken(), vec![Check::ReadYourWrites]);
        }

        #[test]
        fn not_finding_what_was_written_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.find_nothing();
            prop_assert_eq!(good.report().broken(), vec![Check::ReadYourWrites]);
        }
    }
}
