use super::case::Case;
use super::report::Findings;

/// **I14**: no log tells of a panic, of a statement in a failed transaction, or of an error nobody expected.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    (0..case.evidence.log_lines).for_each(|_| findings.looked());
    for alarm in &case.evidence.alarms {
        findings.violated([], [], || format!("{}:{}: {}", alarm.file.display(), alarm.line, alarm.text));
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Check;
    use crate::check::simulation::Simulation;

    #[test]
    fn a_panic_in_a_log_is_found() {
        let mut good = Simulation::new(1);
        good.panic_in_the_log();
        assert_eq!(good.report().broken(), [Check::CleanLogs]);
    }
}
