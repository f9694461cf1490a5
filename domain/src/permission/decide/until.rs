//! From when, and until when.

use chrono::{NaiveDate, NaiveTime, TimeZone};
use chrono_tz::Tz;

use super::case::Case;
use super::frequency::clear_at;
use super::hours::{Demand, is_banned};
use super::lists::{national_until, relationship};
use super::special::confirmation_until;
use crate::permission::facts::Reassigned;
use crate::permission::finding::{Finding, Outcome};
use crate::permission::rule::Rule;
use crate::values::Timestamp;

const DAY: i64 = 86_400;

/// How far ahead a moment is looked for.
const AHEAD: i64 = 14 * DAY;

/// How often the windows may push the moment back and forth before the search gives up.
const ROUNDS: usize = 100;

/// The earliest moment at which hours and frequency allow it, where nothing else is in the way.
pub(super) fn retry_at(case: &Case<'_>, demands: &[Demand<'_>], findings: &[Finding]) -> Option<Timestamp> {
    let mut denying = findings.iter().filter(|finding| finding.effect == Outcome::Deny).peekable();
    denying.peek()?;
    let timely =
        |finding: &Finding| matches!(finding.rule, Rule::QuietHoursFed | Rule::StateHours | Rule::Frequency);
    if !denying.all(timely) || is_banned(case) {
        return None;
    }
    let latest = case.facts.at.plus_seconds(AHEAD);
    let mut moment = clear_at(case)?;
    for _ in 0..ROUNDS {
        let mut next = moment;
        for demand in demands.iter().filter(|_| !case.passes.hours()) {
            next = next.max(demand.window.opens(moment)?);
        }
        if next > latest {
            return None;
        }
        if next == moment {
            return Some(moment);
        }
        moment = next;
    }
    None
}

/// How long an allow may be relied on: until the first of everything it rests on ends.
pub(super) fn valid_until(case: &Case<'_>, demands: &[Demand<'_>]) -> Option<Timestamp> {
    let at = case.facts.at;
    let longest = case.book.validity.iter().map(|applied| at.plus_seconds(applied.rule.seconds)).min()?;
    let hours = demands.iter().filter(|_| !case.passes.hours()).filter_map(|demand| demand.window.closes(at));
    let change = case.packs.next_change(at).and_then(day_begins);
    let review = case.packs.review_by().succ_opt().and_then(day_begins);
    let others = [consent_until(case), reassigned_until(case), confirmation_until(case), change, review];
    let lists = lists_until(case).into_iter().flatten();
    [longest].into_iter().chain(hours).chain(others.into_iter().flatten()).chain(lists).min()
}

/// When the last of the consents ends.
fn consent_until(case: &Case<'_>) -> Option<Timestamp> {
    let ends: Option<Vec<Timestamp>> = case.provable.iter().map(|grant| grant.expires_at).collect();
    ends?.into_iter().max()
}

fn lists_until(case: &Case<'_>) -> [Option<Timestamp>; 3] {
    if !case.american_solicitation() || case.passes.live_inbound {
        return [None; 3];
    }
    let access = case.facts.registry.as_ref().map(|access| access.valid_until);
    let listed = case.facts.national_list.as_ref().is_some_and(|answer| answer.listed);
    let business = if listed { relationship(case).map(|(_, end)| end) } else { None };
    [access, national_until(case), business]
}

fn reassigned_until(case: &Case<'_>) -> Option<Timestamp> {
    let terms = case.book.reassigned.first()?;
    let answer = case.facts.reassigned.as_ref().filter(|answer| answer.answer == Reassigned::No)?;
    let until = answer.asked_at.plus_seconds(i64::from(terms.rule.max_age_days) * DAY);
    // Where no answer is needed, one that has aged is no bound.
    (until > case.facts.at).then_some(until)
}

/// Midnight in Washington, where the days of the packs begin.
fn day_begins(day: NaiveDate) -> Option<Timestamp> {
    let midnight = Tz::America__New_York.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest()?;
    Some(Timestamp::new(midnight.to_utc()))
}
