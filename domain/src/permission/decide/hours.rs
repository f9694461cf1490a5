//! F1 and F2: hours and days.

use chrono::{Datelike, NaiveDate, Weekday};

use super::case::Case;
use super::clock::Window;
use crate::permission::finding::Finding;
use crate::permission::pack::{Applied, Book, Hours};
use crate::permission::rule::Rule;

/// A window that must be open, and the rule it is of.
pub(super) struct Demand<'a> {
    pub(super) rule: Rule,
    pub(super) applied: &'a Applied<Hours>,
    pub(super) window: Window<'a>,
}

/// Every window that bears on the contact: federal hours in each zone, those of each state in each of its zones.
pub(super) fn demands<'a>(case: &Case<'a>) -> Vec<Demand<'a>> {
    let mut demands = vec![];
    if !case.american_phone() {
        return demands;
    }
    let bearing = case.book.hours.iter().filter(|applied| case.has_purpose(&applied.rule.purposes));
    for applied in bearing {
        let (rule, zones) = match applied.rule.state {
            None => (Rule::QuietHoursFed, case.zones().to_vec()),
            Some(state) if case.states.contains(state) => (Rule::StateHours, case.zones_of(state)),
            Some(_) => continue,
        };
        demands.extend(zones.into_iter().map(|zone| Demand {
            rule,
            applied,
            window: Window { zone, hours: &applied.rule, book: case.book },
        }));
    }
    demands
}

pub(super) fn findings(case: &Case<'_>, demands: &[Demand<'_>]) -> [Finding; 2] {
    let past = case.passes.hours();
    let banned = banned(case);
    [
        finding(case, demands, Rule::QuietHoursFed).unless(past),
        banned.unwrap_or_else(|| finding(case, demands, Rule::StateHours)).unless(past),
    ]
}

fn finding(case: &Case<'_>, demands: &[Demand<'_>], rule: Rule) -> Finding {
    let ours = || demands.iter().filter(|demand| demand.rule == rule);
    if ours().next().is_none() {
        return Finding::not_applicable(rule, "no hours hold for such a contact");
    }
    let at = case.facts.at;
    if let Some(shut) = ours().find(|demand| !demand.window.is_open(at)) {
        let place = shut.applied.rule.state.map(|state| format!(" of {state}")).unwrap_or_default();
        let (local, zone) = (shut.window.local(at), shut.window.zone);
        return Finding::deny(rule, format!("outside the hours{place}: {local} in {zone}")).by(shut.applied);
    }
    let mut finding = Finding::allow(rule, "within the hours wherever the person may be");
    finding.rows.extend(ours().map(|demand| demand.applied.row.clone()));
    finding.rows.dedup();
    finding
}

/// Nobody is solicited in some states while an emergency is declared there.
fn banned(case: &Case<'_>) -> Option<Finding> {
    let rule = Rule::StateHours;
    let banning = case.book.banning.intersection(case.states);
    if banning.is_empty() || !case.american_solicitation() {
        return None;
    }
    let Some(declared) = case.facts.emergencies else {
        return Some(Finding::deny(rule, "nobody knows whether a state of emergency is declared"));
    };
    let state = banning.intersection(declared).iter().next()?;
    Some(Finding::deny(rule, format!("a state of emergency is declared in {state}")))
}

/// Whether a state of emergency, or not knowing of one, is in the way.
pub(super) fn is_banned(case: &Case<'_>) -> bool {
    banned(case).is_some()
}

/// Whether a day is one of the holidays named; `federal` stands for all public ones.
pub(super) fn is_closed(book: &Book, closed_on: &[String], day: NaiveDate) -> bool {
    !closed_on.is_empty()
        && book.holidays.iter().map(|applied| &applied.rule).any(|holiday| {
            let named =
                closed_on.iter().any(|name| *name == holiday.name || holiday.federal && name == "federal");
            named && holiday.on.names(day, holiday.observed)
        })
}

/// Neither weekend nor public holiday.
pub(super) fn is_business_day(book: &Book, day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !is_closed(book, &["federal".to_owned()], day)
}
