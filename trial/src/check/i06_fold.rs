use std::collections::HashMap;

use super::case::Case;
use super::report::Findings;
use crate::evidence::{Aggregate, Counted, Fold, StoredEvent, Stream};

/// **I6**: every row shows what the events of its aggregate add up to, no aggregate lacks its row, every counter has
/// counted each event once, and lists show all of it.
pub fn look(case: &Case<'_>, findings: &mut Findings) {
    let folds: HashMap<Stream, &Fold> = case.evidence.folds.iter().map(|fold| (fold.stream, fold)).collect();
    look_at_rows(case, &folds, findings);
    look_at_counters(case, findings);
    look_at_lists(case, &folds, findings);
}

/// The read models that keep a row per aggregate.
const VIEWS: &[(&str, Aggregate)] = &[
    ("calls", Aggregate::Call),
    ("lead_states", Aggregate::Lead),
    ("consent_contacts", Aggregate::Consent),
    ("escalations", Aggregate::Escalation),
    ("dashboard_escalations", Aggregate::Escalation),
];

fn look_at_rows(case: &Case<'_>, folds: &HashMap<Stream, &Fold>, findings: &mut Findings) {
    for (view, aggregate) in VIEWS {
        let mut missing = folds.keys().filter(|stream| stream.aggregate == *aggregate).count();
        for row in case.evidence.rows.iter().filter(|row| row.view == *view) {
            findings.looked();
            let fold = folds.get(&row.stream);
            missing = missing.saturating_sub(usize::from(fold.is_some()));
            if fold.is_none_or(|fold| fold.digest.is_none() || fold.digest != row.digest) {
                let id = row.stream.id;
                findings.violated([], [], || format!("{view} shows {id} as its events do not"));
            }
        }
        if missing > 0 {
            findings.violated([], [], || format!("{view} lacks {missing} of its {}s", aggregate.name()));
        }
    }
}

fn look_at_counters(case: &Case<'_>, findings: &mut Findings) {
    let mut expected: HashMap<(u16, Counted), i64> = HashMap::new();
    for event in &case.evidence.events {
        for (what, by) in counted(event) {
            *expected.entry((event.stream.tenant, what)).or_default() += by;
        }
    }
    for counter in &case.evidence.counters {
        findings.looked();
        let wanted = expected.get(&(counter.tenant, counter.what)).copied().unwrap_or(0);
        if counter.value != wanted {
            let (what, value) = (counter.what, counter.value);
            findings.violated([], [], || format!("{what:?} is {value}, and the events say {wanted}"));
        }
    }
}

/// What an event adds to which counter. The load brings one segment per transcript event.
fn counted(event: &StoredEvent) -> impl Iterator<Item = (Counted, i64)> {
    use Counted as C;
    let by_kind: &[(Counted, i64)] = match event.kind {
        "call.started" => &[(C::ActiveCalls, 1), (C::CallsStarted, 1), (C::LeadTimeline, 1)],
        "call.ended" | "call.cancelled" => &[(C::ActiveCalls, -1), (C::LeadTimeline, 1)],
        "call.connected" | "call.escalated" | "call.lead_linked" => &[(C::LeadTimeline, 1)],
        "call.transcript_added" => &[(C::Segments, 1)],
        "lead.created" => &[(C::Leads, 1), (C::LeadsCreated, 1)],
        "lead.archived" => &[(C::Leads, -1)],
        "consent.granted" => &[(C::Grants, 1)],
        "consent.revoked" => &[(C::Revocations, 1)],
        _ => &[],
    };
    let by_aggregate: &[(Counted, i64)] = match event.stream.aggregate {
        Aggregate::Call | Aggregate::Escalation => &[(C::CallTimeline, 1)],
        Aggregate::Lead => &[(C::LeadTimeline, 1)],
        Aggregate::Compliance | Aggregate::Consent => &[],
    };
    by_kind.iter().chain(by_aggregate).copied()
}

/// The lists that show every aggregate of a type.
const LISTED: &[Aggregate] = &[Aggregate::Lead, Aggregate::Call, Aggregate::Escalation];

fn look_at_lists(case: &Case<'_>, folds: &HashMap<Stream, &Fold>, findings: &mut Findings) {
    let mut shown: HashMap<Stream, u32> = HashMap::new();
    for listed in &case.evidence.listed {
        findings.looked();
        *shown.entry(listed.stream).or_default() += 1;
        let version = folds.get(&listed.stream).map(|fold| fold.version);
        if version != Some(listed.version) {
            let (id, listed) = (listed.stream.id, listed.version);
            findings
                .violated([], [], || format!("a list shows {id} at version {listed} instead of {version:?}"));
        }
    }
    let asked = |stream: &Stream| usize::from(stream.tenant) < case.evidence.tenants.len();
    for stream in folds.keys().filter(|stream| LISTED.contains(&stream.aggregate) && asked(stream)) {
        let times = shown.get(stream).copied().unwrap_or(0);
        if times != 1 {
            findings.violated([], [], || format!("lists show {} {times} times", stream.id));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::check::Check;
    use crate::check::simulation::Simulation;

    proptest! {
        #[test]
        fn a_row_that_missed_an_event_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.spoil_a_row();
            prop_assert_eq!(good.report().broken(), vec![Check::ReadModelsAreTheLog]);
        }

        #[test]
        fn a_row_that_is_missing_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.lose_a_row();
            prop_assert_eq!(good.report().broken(), vec![Check::ReadModelsAreTheLog]);
        }

        #[test]
        fn a_counter_that_counted_twice_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.count_twice();
            prop_assert_eq!(good.report().broken(), vec![Check::ReadModelsAreTheLog]);
        }

        #[test]
        fn a_list_that_leaves_something_out_is_found(seed: u64) {
            let mut good = Simulation::new(seed);
            good.leave_out_of_a_list();
            prop_assert_eq!(good.report().broken(), vec![Check::ReadModelsAreTheLog]);
        }
    }
}
