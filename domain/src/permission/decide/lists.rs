//! Group E: do-not-call lists of the country and of its states, for solicitations.

use chrono::Months;

use super::case::Case;
use super::gate::{fresh_until, is_fresh};
use crate::permission::facts::{FactId, ListAnswer};
use crate::permission::finding::Finding;
use crate::permission::pack::Lift;
use crate::permission::rule::Rule;
use crate::values::Timestamp;

pub(super) fn findings(case: &Case<'_>) -> [Finding; 2] {
    let rules = [Rule::NationalDnc, Rule::StateDnc];
    if !case.american_solicitation() {
        return rules.map(|rule| Finding::not_applicable(rule, "no solicitation by phone or text"));
    }
    if case.passes.live_inbound {
        return rules.map(|rule| Finding::not_applicable(rule, "answering a call is no contact of ours"));
    }
    [national(case), states(case)].map(|finding| finding.unless(case.passes.emergency))
}

fn national(case: &Case<'_>) -> Finding {
    let rule = Rule::NationalDnc;
    let bearing = case.book.national_list.iter().filter(|applied| {
        applied.rule.state.is_none_or(|state| case.states.contains(state))
            && applied.rule.channels.contains(&case.facts.channel)
    });
    let rows = bearing.clone().map(|applied| &applied.row);
    let answer = case.facts.national_list.as_ref().filter(|answer| case.facts.counts(&answer.source));
    let finding = match answer {
        None => Finding::deny(rule, "nobody knows whether the number is on the national list"),
        Some(answer) if !answer.listed => {
            Finding::allow(rule, "not on the national list").about(&answer.source.fact)
        }
        // Where several rules bear, only what all of them accept lifts a listing.
        Some(answer) => listed(case, rule, answer, |lift| {
            bearing.clone().all(|applied| applied.rule.lifted_by.contains(&lift))
        }),
    };
    finding.by_rows(rows)
}

fn listed(case: &Case<'_>, rule: Rule, answer: &ListAnswer, lifts: impl Fn(Lift) -> bool) -> Finding {
    let listing = &answer.source.fact;
    if let Some(grant) = case.written().next().filter(|_| lifts(Lift::WrittenConsent)) {
        return Finding::allow(rule, "listed, but written consent was given")
            .about(listing)
            .about(&grant.source.fact);
    }
    match relationship(case).filter(|_| lifts(Lift::Relationship)) {
        Some((fact, _)) => {
            Finding::allow(rule, "listed, but there is business with the person").about(listing).about(fact)
        }
        None => Finding::deny(rule, "listed, and nothing lifts it").about(listing),
    }
}

fn states(case: &Case<'_>) -> Finding {
    let rule = Rule::StateDnc;
    let mut facts = vec![];
    for applied in case.book.state_lists.iter().filter(|applied| case.states.contains(applied.rule.state)) {
        let state = applied.rule.state;
        let answer =
            case.facts.state_lists.iter().filter(|list| list.state == state).map(|list| &list.answer);
        let answer =
            answer.filter(|answer| case.facts.counts(&answer.source)).max_by_key(|answer| answer.as_of);
        let Some(answer) = answer.filter(|answer| is_fresh(case, answer)) else {
            let detail = format!(
                "nobody knows whether the number is on the list of {state}, or only from an old extract"
            );
            return Finding::deny(rule, detail).by(applied);
        };
        facts.push(&answer.source.fact);
        if !answer.listed {
            continue;
        }
        let found = listed(case, rule, answer, |lift| applied.rule.lifted_by.contains(&lift)).by(applied);
        if found.effect == crate::permission::finding::Outcome::Deny {
            return found;
        }
    }
    if facts.is_empty() {
        return Finding::not_applicable(rule, "no state the person may be in keeps a list");
    }
    Finding::allow(rule, "on no list of a state, or that was lifted").about_all(facts)
}

/// The established business relationship that lasts longest, and its end.
pub(super) fn relationship<'a>(case: &Case<'a>) -> Option<(&'a FactId, Timestamp)> {
    let terms = &case.book.relationship.first()?.rule;
    let business = &case.facts.business;
    let kinds = [(&business.purchase, terms.purchase_months), (&business.inquiry, terms.inquiry_months)];
    let lasting = kinds.into_iter().filter_map(|(event, months)| {
        let (source, at) = event.as_ref()?;
        let end = Timestamp::new(at.get().checked_add_months(Months::new(months))?);
        let holds = case.facts.counts(source) && *at <= case.facts.at && case.facts.at < end;
        holds.then_some((&source.fact, end))
    });
    lasting.max_by_key(|(_, end)| *end)
}

/// The last moment the national extract may be used.
pub(super) fn national_until(case: &Case<'_>) -> Option<Timestamp> {
    case.facts.national_list.as_ref().and_then(|answer| fresh_until(case, answer))
}
