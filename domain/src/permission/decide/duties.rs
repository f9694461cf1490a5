//! Group G: what an allowed contact obliges to. Whoever cannot fulfil it may not make it.

use super::case::{Case, matches_means};
use crate::permission::duty::{Due, Obligation};
use crate::permission::finding::Finding;
use crate::permission::pack::{Applied, Duty, PackName, Parties};
use crate::permission::places::StateSet;
use crate::permission::rule::Rule;
use crate::values::Channel;

const RULES: [Rule; 9] = [
    Rule::IdentifyCaller,
    Rule::AiDisclosure,
    Rule::OptOutMechanism,
    Rule::FirstAudio,
    Rule::RecordingNotice,
    Rule::CallerId,
    Rule::StopHelpText,
    Rule::HangUpOnRequest,
    Rule::VendorGate,
];

pub(super) fn findings(case: &Case<'_>) -> (Vec<Finding>, Vec<Due>) {
    let mut dues = due(case);
    let recording = recording(case, &mut dues);
    let findings = RULES.into_iter().map(|rule| match rule {
        Rule::RecordingNotice => recording.clone(),
        _ => finding(case, rule, &dues),
    });
    (findings.collect(), dues)
}

fn finding(case: &Case<'_>, rule: Rule, dues: &[Due]) -> Finding {
    let ours = || dues.iter().filter(|due| due.obligation.rule() == rule);
    let rows = ours().flat_map(|due| &due.rows);
    if ours().next().is_none() {
        return Finding::not_applicable(rule, "nothing of the kind is asked for");
    }
    match ours().find(|due| !case.facts.abilities.contains(&due.obligation)) {
        Some(due) => {
            Finding::deny(rule, format!("obligation unmet: not set up for {}", name(due.obligation)))
                .by_rows(rows)
        }
        None => Finding::allow(rule, "set up for what is asked").by_rows(rows),
    }
}

fn name(obligation: Obligation) -> String {
    serde_json::to_string(&obligation).unwrap_or_default().trim_matches('"').replace('_', " ")
}

/// What the rules ask for, each obligation once, by the shortest term.
fn due(case: &Case<'_>) -> Vec<Due> {
    let mut dues: Vec<Due> = vec![];
    for applied in case.book.duties.iter().filter(|applied| asks(case, applied)) {
        let duty = &applied.rule;
        match dues.iter_mut().find(|due| due.obligation == duty.obligation) {
            Some(due) => {
                due.within_seconds = due.within_seconds.into_iter().chain(duty.within_seconds).min();
                due.rows.push(applied.row.clone());
            }
            None => dues.push(Due {
                obligation: duty.obligation,
                within_seconds: duty.within_seconds,
                rows: vec![applied.row.clone()],
            }),
        }
    }
    dues
}

fn asks(case: &Case<'_>, applied: &Applied<Duty>) -> bool {
    let duty = &applied.rule;
    let holds = if applied.pack == PackName::Eu { case.european } else { case.american };
    holds
        && duty.state.is_none_or(|state| case.states.contains(state))
        && duty.channels.contains(&case.facts.channel)
        && matches_means(&duty.technologies, case.means)
        && (duty.purposes.is_empty() || case.has_purpose(&duty.purposes))
}

/// G5: announce, and where that cannot be done, do not record.
fn recording(case: &Case<'_>, dues: &mut Vec<Due>) -> Finding {
    let rule = Rule::RecordingNotice;
    if case.facts.channel != Channel::Voice {
        return Finding::not_applicable(rule, "nothing is recorded");
    }
    let wanted = case.facts.context.recording == Some(true);
    let able = case.facts.abilities.contains(&Obligation::RecordingNotice);
    let rows: Vec<_> = strictest(case).map(|applied| applied.row.clone()).collect();
    let all = parties(case) == Parties::All;
    let (obligation, detail) = match (wanted, able) {
        (true, true) if all => {
            (Obligation::RecordingNotice, "all parties must agree: announced, going on is agreeing")
        }
        (true, true) => (Obligation::RecordingNotice, "one party must agree: announced all the same"),
        (true, false) => (Obligation::DoNotRecord, "not set up to announce a recording: none is made"),
        (false, _) => (Obligation::DoNotRecord, "no recording is wanted"),
    };
    dues.push(Due { obligation, within_seconds: None, rows: rows.clone() });
    Finding::allow(rule, detail).by_rows(&rows)
}

/// Who must agree: the strictest rule of the states of both ends. Where an end is unknown, or not American, all.
fn parties(case: &Case<'_>) -> Parties {
    if case.facts.context.caller_state.is_none() || !case.american || case.european {
        return Parties::All;
    }
    strictest(case).map(|applied| applied.rule.parties).max().unwrap_or(Parties::All)
}

fn strictest<'a>(
    case: &Case<'a>,
) -> impl Iterator<Item = &'a Applied<crate::permission::pack::RecordingParties>> {
    let ends: StateSet = case.facts.context.caller_state.into_iter().collect();
    let states = case.states.union(ends);
    let bears = move |applied: &&Applied<crate::permission::pack::RecordingParties>| {
        applied.rule.state.is_none_or(|state| states.contains(state))
    };
    case.book.recording.iter().filter(bears)
}
