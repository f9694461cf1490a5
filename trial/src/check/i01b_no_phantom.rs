use std::collections::HashMap;

use super::case::Case;
use super::report::Findings;
use crate::history::{End, Token};

/// **I1b**: every token in the store was sent, and not every request that carried it was refused.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    let sent = sent(case);
    for (token, events) in case.tokens() {
        findings.looked();
        let positions = events.iter().map(|event| event.position);
        match sent.get(&token) {
            None => findings.violated([], positions, || format!("nobody ever sent {token}")),
            Some(Sent { refused: true, op }) => {
                findings.violated([*op], positions, || "a refused request took effect".to_owned());
            }
            Some(_) => {}
        }
    }
}

struct Sent {
    /// Every request with this token certainly did not take effect.
    refused: bool,
    op: u64,
}

fn sent(case: &Case<'_>) -> HashMap<Token, Sent> {
    let mut sent = HashMap::new();
    for operation in &case.history.operations {
        let Some(token) = operation.invoked.token else { continue };
        let known = sent.entry(token).or_insert(Sent { refused: true, op: operation.invoked.op });
        known.refused &= operation.end == End::Fail;
    }
    sent
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::check::Check;
    use crate::check::simulation::Simulation;

    proptest! {
        #[test]
        fn a_refused_command_that_took_effect_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.refuse_what_took_effect();
            prop_assert_eq!(good.report().broken(), vec![Check::NoPhantom]);
        }

        #[test]
        fn an_event_that_nobody_asked_for_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.forget_sending();
            prop_assert!(good.report().broken().contains(&Check::NoPhantom));
        }
    }
}
