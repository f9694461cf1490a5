use super::case::Case;
use super::report::Findings;
use crate::evidence::StoredEvent;
use crate::history::{End, Operation, Token};

/// **I2**: a token is stored once, all acknowledgements under one key are the same, and the key stands for no other
/// request.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    for (_, events) in case.tokens() {
        findings.looked();
        if let Some((one, other)) = twice(&events) {
            findings.violated([], [one.position, other.position], || format!("{} happened twice", one.kind));
        }
    }
    for (key, operations) in case.keys() {
        let acknowledged = operations.into_iter().filter(|operation| operation.end == End::Ok);
        look_at_answers(key, &acknowledged.collect::<Vec<_>>(), findings);
    }
}

/// A command may cause several events, but not two of a kind.
fn twice<'a>(events: &[&'a StoredEvent]) -> Option<(&'a StoredEvent, &'a StoredEvent)> {
    let mut pairs =
        events.iter().enumerate().flat_map(|(n, one)| events[..n].iter().map(move |other| (*other, *one)));
    pairs.find(|(one, other)| one.kind == other.kind)
}

fn look_at_answers(key: Token, acknowledged: &[&Operation], findings: &mut Findings) {
    for operation in acknowledged {
        if operation.invoked.token.is_some_and(|token| token != key) {
            let op = operation.invoked.op;
            findings.violated([op], [], || "a key in use was accepted for another request".to_owned());
        }
    }
    let own = |operation: &&&Operation| operation.invoked.token.is_none_or(|token| token == key);
    let mut own = acknowledged.iter().filter(own);
    let Some(first) = own.next() else { return };
    for again in own {
        findings.looked();
        if answer(first) != answer(again) {
            let operations = [first.invoked.op, again.invoked.op];
            findings.violated(operations, [], || "two answers under one key differ".to_owned());
        }
    }
}

/// What must be the same whenever it is given.
fn answer(operation: &Operation) -> impl PartialEq + use<> {
    let completed = &operation.completed;
    (completed.status, completed.aggregate, completed.version, completed.digest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::check::Check;
    use crate::check::simulation::Simulation;

    proptest! {
        #[test]
        fn a_second_effect_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.repeat_an_effect();
            prop_assert_eq!(good.report().broken(), vec![Check::OneEffect]);
        }

        #[test]
        fn another_answer_under_the_same_key_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.answer_differently();
            prop_assert_eq!(good.report().broken(), vec![Check::OneEffect]);
        }
    }
}
