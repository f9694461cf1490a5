use super::case::Case;
use super::report::Findings;
use crate::history::{End, Kind, Operation};

/// **I11**: answers hold nothing of other tenants, what others own is found nowhere, and streams hold no token of
/// others.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    for operation in &case.history.operations {
        findings.looked();
        if let Some(what) = trespass(operation).or_else(|| leak(case, operation)) {
            findings.violated([operation.invoked.op], [], || what);
        }
    }
    for event in &case.evidence.events {
        findings.looked();
        if event.token.is_some_and(|token| token.tenant() != event.stream.tenant) {
            findings.violated([], [event.position], || "a stream holds what another tenant sent".to_owned());
        }
    }
    for listed in case.evidence.listed.iter().filter(|listed| listed.asked_by != listed.stream.tenant) {
        let id = listed.stream.id;
        findings.violated([], [], || format!("a list shows {id} to tenant {}", listed.asked_by));
    }
}

/// What is another's does not exist, so the only answer is that it is not there. A command may name it in its body:
/// then that is not acceptable.
fn trespass(operation: &Operation) -> Option<String> {
    let invoked = &operation.invoked;
    let not_there = [404, if invoked.f == Kind::TrespassCommand { 422 } else { 404 }];
    let status = operation.completed.status;
    // No answer, an answer about the moment, or one that comes before the question is looked at.
    let says_nothing = status == 0 || status >= 500 || matches!(status, 401 | 429);
    let hidden = says_nothing || not_there.contains(&status) || is_about_the_key(operation);
    (invoked.f.is_trespass() && !hidden).then(|| format!("{} was answered {status}", invoked.f))
}

fn is_about_the_key(operation: &Operation) -> bool {
    operation.end == End::Fail && operation.completed.code.as_deref() == Some("idempotency_key_in_flight")
}

fn leak(case: &Case<'_>, operation: &Operation) -> Option<String> {
    let tenant = operation.invoked.tenant;
    let own = case.evidence.tenants.get(usize::from(tenant))?;
    let foreign = operation.completed.organizations.iter().find(|organization| *organization != own);
    if let Some(organization) = foreign {
        return Some(format!("an answer names organization {organization}"));
    }
    let token = operation.completed.seen.iter().find(|token| token.tenant() != tenant)?;
    Some(format!("an answer shows {token}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::check::Check;
    use crate::check::simulation::Simulation;

    proptest! {
        #[test]
        fn finding_what_is_anothers_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.admit_a_stranger();
            prop_assert_eq!(good.report().broken(), vec![Check::Isolation]);
        }

        #[test]
        fn a_token_in_a_strangers_answer_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.show_a_strangers_token();
            prop_assert_eq!(good.report().broken(), vec![Check::Isolation]);
        }
    }
}
