//! F3 and F4: how often somebody is contacted, and how a campaign does.

use super::case::Case;
use super::special::is_recent;
use crate::permission::facts::Attempt;
use crate::permission::finding::Finding;
use crate::permission::pack::{Applied, Frequency};
use crate::permission::rule::Rule;
use crate::values::{Channel, Timestamp};

pub(super) fn findings(case: &Case<'_>) -> [Finding; 2] {
    [
        frequency(case).unless(case.passes.emergency || case.passes.confirmation || case.passes.reply),
        abandonment(case),
    ]
}

/// The rules that bear on the contact.
fn bearing<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Applied<Frequency>> {
    let applies = case.american_phone() && !case.passes.live_inbound;
    let (states, purpose) = (case.states, case.purpose);
    case.book.frequency.iter().filter(move |applied| {
        applies
            && applied.rule.state.is_none_or(|state| states.contains(state))
            && purpose.is_none_or(|purpose| applied.rule.purposes.contains(&purpose))
    })
}

fn frequency(case: &Case<'_>) -> Finding {
    let rule = Rule::Frequency;
    let mut counted = Finding::allow(rule, "few enough attempts so far");
    for applied in bearing(case) {
        let Some(attempts) = counting(case, &applied.rule) else {
            return Finding::deny(rule, "earlier attempts are unknown").by(applied);
        };
        counted = counted.by(applied);
        if attempts.len() >= allowed(case, &applied.rule) {
            let place = applied.rule.state.map(|state| format!(" ({state})")).unwrap_or_default();
            let detail = format!("{} attempts in {} hours{place}", attempts.len(), applied.rule.hours);
            return Finding::deny(rule, detail)
                .about_all(attempts.iter().map(|attempt| &attempt.source.fact))
                .by(applied);
        }
    }
    if counted.rows.is_empty() {
        Finding::not_applicable(rule, "no limit holds for such a contact")
    } else {
        counted
    }
}

/// How many attempts a rule allows; an organization may set the general number for itself.
fn allowed(case: &Case<'_>, rule: &Frequency) -> usize {
    let own = case.facts.settings.attempts.filter(|_| rule.state.is_none());
    own.unwrap_or(rule.attempts) as usize
}

/// The attempts that count, the oldest first; `None` where they are unknown.
fn counting<'a>(case: &Case<'a>, rule: &Frequency) -> Option<Vec<&'a Attempt>> {
    let seconds = i64::from(rule.hours) * 3600;
    let attempts = case.facts.attempts.as_ref()?.iter();
    let mut counted: Vec<&Attempt> = attempts
        .filter(|attempt| attempt.channel != Channel::Email && is_recent(case, attempt, seconds))
        .filter(|attempt| {
            !rule.same_subject || is_same(attempt.subject.as_ref(), case.facts.subject.as_ref())
        })
        .collect();
    counted.sort_by_key(|attempt| attempt.at);
    Some(counted)
}

/// What is unknown may be the same.
fn is_same(theirs: Option<&String>, ours: Option<&String>) -> bool {
    theirs.is_none() || ours.is_none() || theirs == ours
}

/// When enough attempts have left every window; `None` where they never do.
pub(super) fn clear_at(case: &Case<'_>) -> Option<Timestamp> {
    let mut clear = case.facts.at;
    for applied in bearing(case) {
        let attempts = counting(case, &applied.rule)?;
        let allowed = allowed(case, &applied.rule);
        if attempts.len() >= allowed {
            let last = attempts.get(attempts.len() - allowed).filter(|_| allowed > 0)?;
            clear = clear.max(last.at.plus_seconds(i64::from(applied.rule.hours) * 3600));
        }
    }
    Some(clear)
}

fn abandonment(case: &Case<'_>) -> Finding {
    let rule = Rule::AbandonRate;
    if !case.american_solicitation() || case.facts.channel != Channel::Voice || case.passes.live_inbound {
        return Finding::not_applicable(rule, "no telemarketing call");
    }
    let campaign = case.facts.campaign.as_ref().filter(|campaign| case.facts.counts(&campaign.source));
    let (Some(campaign), Some(applied)) = (campaign, case.book.abandonment.first()) else {
        return Finding::deny(rule, "nobody knows how many calls of the campaign were abandoned");
    };
    let (terms, fact) = (&applied.rule, &campaign.source.fact);
    let reaches = |per_mille: u64| {
        // 128 bits hold the product of any two of 64.
        let (abandoned, answered) = (u128::from(campaign.abandoned), u128::from(campaign.answered));
        campaign.abandoned > 0 && abandoned * 1000 >= answered * u128::from(per_mille)
    };
    let finding = if reaches(terms.stop_per_mille) {
        Finding::deny(rule, "too many calls of the campaign found nobody at our end")
    } else if reaches(terms.throttle_per_mille) {
        Finding::allow(rule, "slow down: many calls of the campaign found nobody at our end")
    } else if reaches(terms.warn_per_mille) {
        Finding::allow(rule, "take care: some calls of the campaign found nobody at our end")
    } else {
        Finding::allow(rule, "few calls of the campaign found nobody at our end")
    };
    finding.about(fact).by(applied)
}

/// Whether the campaign must go slower.
pub(super) fn must_throttle(finding: &Finding) -> bool {
    finding.detail.starts_with("slow down")
}
