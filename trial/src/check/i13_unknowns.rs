use super::case::Case;
use super::report::Findings;
use crate::history::{End, Operation, Token};

/// **I13**: where a client was left without an answer, a later request under the same key was told the truth.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    for (key, operations) in case.keys() {
        let own = operations
            .into_iter()
            .filter(|operation| operation.invoked.token.is_none_or(|token| token == key));
        let own: Vec<&Operation> = own.collect();
        if own.iter().any(|operation| operation.end == End::Info) {
            findings.looked();
            look_at(case, key, &own, findings);
        }
    }
}

fn look_at(case: &Case<'_>, key: Token, operations: &[&Operation], findings: &mut Findings) {
    let numbers = || operations.iter().map(|operation| operation.invoked.op);
    let told = operations.iter().rev().find(|operation| {
        operation.end == End::Ok || (operation.end == End::Fail && operation.completed.refuses_for_good())
    });
    match told {
        None => findings.violated(numbers(), [], || "nobody ever told how it ended".to_owned()),
        Some(told) if told.end == End::Fail => {
            let positions: Vec<i64> = case.events_with(key).map(|event| event.position).collect();
            if !positions.is_empty() {
                findings.violated(numbers(), positions, || {
                    "it took effect, and a retry was told otherwise".to_owned()
                });
            }
        }
        // Whether an acknowledgement is true is the business of I1.
        Some(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::check::Check;
    use crate::check::simulation::Simulation;

    proptest! {
        #[test]
        fn an_outcome_nobody_told_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.leave_unknown();
            prop_assert_eq!(good.report().broken(), vec![Check::UnknownsSettle]);
        }

        #[test]
        fn an_outcome_told_wrongly_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.lie_about_an_unknown();
            prop_assert_eq!(good.report().broken(), vec![Check::UnknownsSettle]);
        }
    }
}
