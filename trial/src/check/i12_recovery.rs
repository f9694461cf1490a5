use super::case::Case;
use super::report::Findings;

/// **I12**: once all has healed, every consumer arrives at the end of the log in time, and no event stays parked.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    (0..case.evidence.consumers).for_each(|_| findings.looked());
    for late in &case.evidence.late {
        findings.violated([], [late.position, late.head], || {
            format!("{} has come to {} of {}", late.consumer, late.position, late.head)
        });
    }
    for parked in &case.evidence.parked {
        let reason = parked.reason.as_deref().unwrap_or("it follows one that is");
        findings.violated([], [parked.position], || format!("{} has parked an event: {reason}", parked.by));
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Check;
    use crate::check::simulation::Simulation;

    #[test]
    fn a_consumer_that_stands_still_is_found() {
        let mut good = Simulation::new(1);
        good.stand_still();
        assert_eq!(good.report().broken(), [Check::Recovery]);
    }

    #[test]
    fn an_event_that_is_left_aside_is_found() {
        let mut good = Simulation::new(1);
        good.park();
        assert_eq!(good.report().broken(), [Check::Recovery]);
    }
}
