use super::case::Case;
use super::report::Findings;
use crate::history::Operation;

/// **I1**: an acknowledged command is stored in the stream and up to the version that its answer named.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    for operation in case.history.operations.iter().filter(|operation| operation.is_acknowledged()) {
        findings.looked();
        if let Err(what) = is_stored(case, operation) {
            findings.violated([operation.invoked.op], [], || what);
        }
    }
}

fn is_stored(case: &Case<'_>, operation: &Operation) -> Result<(), String> {
    let (invoked, completed) = (&operation.invoked, &operation.completed);
    let (Some(id), Some(version)) = (operation.aggregate(), completed.version.map(i64::from)) else {
        return Err(format!("{} was acknowledged without id or version", invoked.f));
    };
    let length = case.length(invoked.tenant, id);
    if length < version {
        return Err(format!(
            "{} was acknowledged as version {version}, and the stream has {length}",
            invoked.f
        ));
    }
    let certain = completed.shown || !invoked.f.may_be_so_already();
    let Some(token) = invoked.token.filter(|_| certain) else { return Ok(()) };
    let stored = case.events_with(token).any(|event| {
        event.stream.id == id && event.stream.tenant == invoked.tenant && event.sequence <= version
    });
    if stored { Ok(()) } else { Err(format!("{} was acknowledged and is not in its stream", invoked.f)) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::check::Check;
    use crate::check::simulation::Simulation;

    proptest! {
        #[test]
        fn an_event_that_vanishes_from_the_end_of_its_stream_is_missed(seed: u64) {
            let mut good = Simulation::new(seed);
            good.forget_last_acknowledged();
            prop_assert!(good.report().broken().contains(&Check::NoLostAck));
        }

        #[test]
        fn an_acknowledgement_of_nothing_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.acknowledge_nothing();
            prop_assert_eq!(good.report().broken(), vec![Check::NoLostAck]);
        }
    }
}
