//! Group A: whether there is anything to decide on.

use super::case::Case;
use crate::permission::facts::{Content, ListAnswer, Standing};
use crate::permission::finding::Finding;
use crate::permission::pack::{PackId, washington};
use crate::permission::rule::Rule;
use crate::values::{Channel, Contact, Purpose, Technology, Timestamp};

const DAY: i64 = 86_400;

pub(super) fn findings(case: &Case<'_>) -> [Finding; 7] {
    [
        number_invalid(case),
        line_prohibited(case),
        tenant_blocked(case),
        data_stale(case),
        unclassified(case),
        mismatch(case),
        uncovered(case),
    ]
}

fn number_invalid(case: &Case<'_>) -> Finding {
    match case.facts.contact {
        Some(_) => Finding::allow(Rule::NumberInvalid, "somebody can have it"),
        None => Finding::deny(Rule::NumberInvalid, "nobody can have this number or address"),
    }
}

fn line_prohibited(case: &Case<'_>) -> Finding {
    let rule = Rule::LineProhibited;
    if case.facts.channel == Channel::Email {
        return Finding::not_applicable(rule, "a mailbox is no line");
    }
    let line = case.facts.line.as_ref().filter(|line| case.facts.counts(&line.source));
    match line.and_then(|line| Some((line, line.prohibited?))) {
        None => Finding::deny(rule, "nobody knows whether this is a line that may not be called"),
        Some((line, true)) => {
            Finding::deny(rule, "an emergency line, or one of a patient's room").about(&line.source.fact)
        }
        Some((line, false)) => {
            Finding::allow(rule, "not on the list of lines that may not be called").about(&line.source.fact)
        }
    }
}

fn tenant_blocked(case: &Case<'_>) -> Finding {
    let rule = Rule::TenantBlocked;
    let standing = &case.facts.standing;
    if *standing == Standing::default() {
        return Finding::deny(
            rule,
            "the organization has no compliance profile, so nobody knows what it may do",
        );
    }
    for (state, wanted, detail) in [
        (standing.stopped, false, "everything is stopped, or nobody knows"),
        (standing.campaign_paused, false, "the campaign is paused, or nobody knows"),
        (standing.seller_verified, true, "the seller is not verified"),
    ] {
        if state != Some(wanted) {
            return Finding::deny(rule, detail);
        }
    }
    if case.purpose == Some(Purpose::Healthcare) && standing.health_agreement != Some(true) {
        return Finding::deny(rule, "there is no agreement that allows health data");
    }
    let needed = case.book.registrations.iter().filter(|applied| {
        let needs = &applied.rule;
        case.american_phone()
            && needs.state.is_none_or(|state| case.states.contains(state))
            && needs.channels.contains(&case.facts.channel)
            && case.has_purpose(&needs.purposes)
    });
    for applied in needed {
        if !standing.registrations.contains(&applied.rule.name) {
            let detail = format!("the registration {} is missing", applied.rule.name);
            return Finding::deny(rule, detail).by(applied);
        }
    }
    Finding::allow(rule, "nothing is stopped and all registrations are there")
}

fn data_stale(case: &Case<'_>) -> Finding {
    let rule = Rule::DataStale;
    let today = washington(case.facts.at);
    if today > case.packs.review_by() || today < case.packs.effective_from() {
        return Finding::deny(rule, "the rule packs are not made for this day");
    }
    if let Some(pack) = case.packs.ids().iter().find(|pack| !is_approved(case, pack)) {
        return Finding::deny(rule, format!("nobody of the organization approved the rule pack {pack}"));
    }
    let Some(lag) = case.book.lag.first() else {
        return Finding::deny(rule, "no rule says how fresh data must be");
    };
    if case.facts.lag_seconds.is_none_or(|seconds| seconds > lag.rule.max_seconds) {
        return Finding::deny(rule, "what is read is too far behind what was recorded, or nobody knows")
            .by(lag);
    }
    if !case.american_solicitation() || case.passes.live_inbound {
        return Finding::allow(rule, "fresh enough; no list is needed");
    }
    lists_stale(case).unless(case.passes.emergency)
}

fn is_approved(case: &Case<'_>, pack: &PackId) -> bool {
    case.facts.standing.approved.as_ref().is_some_and(|approved| approved.contains(&pack.sha256))
}

/// The parts of A4 about do-not-call lists, for solicitations only.
fn lists_stale(case: &Case<'_>) -> Finding {
    let rule = Rule::DataStale;
    let access = case.facts.registry.as_ref().filter(|access| case.facts.counts(&access.source));
    let Some(access) = access.filter(|access| case.facts.at < access.valid_until) else {
        return Finding::deny(rule, "the seller has no access to the national list");
    };
    let covered =
        access.area_codes.is_empty() || area_code(case).is_some_and(|code| access.area_codes.contains(&code));
    if !covered {
        return Finding::deny(rule, "the seller has no access to this area code of the national list")
            .about(&access.source.fact);
    }
    let answer = case.facts.national_list.as_ref().filter(|answer| case.facts.counts(&answer.source));
    let Some(answer) = answer.filter(|answer| is_fresh(case, answer)) else {
        return Finding::deny(rule, "the extract of the national list is too old, or there is none")
            .by_rows(case.book.registry.iter().map(|applied| &applied.row));
    };
    Finding::allow(rule, "all data is fresh enough")
        .about(&access.source.fact)
        .about(&answer.source.fact)
        .by_rows(case.book.registry.iter().map(|applied| &applied.row))
}

/// Whether an extract of a list is recent enough, and was taken by the time asked about.
pub(super) fn is_fresh(case: &Case<'_>, answer: &ListAnswer) -> bool {
    fresh_until(case, answer).is_some_and(|until| case.facts.at <= until) && answer.as_of <= case.facts.at
}

/// The last moment an extract may be used.
pub(super) fn fresh_until(case: &Case<'_>, answer: &ListAnswer) -> Option<Timestamp> {
    let days = case.book.registry.iter().map(|applied| i64::from(applied.rule.max_age_days)).min()?;
    Some(answer.as_of.plus_seconds(days * DAY))
}

fn area_code(case: &Case<'_>) -> Option<u16> {
    match &case.facts.contact {
        Some(Contact::Phone(phone)) => phone.as_str().strip_prefix("+1")?.get(..3)?.parse().ok(),
        _ => None,
    }
}

fn unclassified(case: &Case<'_>) -> Finding {
    let rule = Rule::UnclassifiedPurpose;
    match (case.facts.purpose, case.facts.content) {
        (None, _) => Finding::deny(rule, "nobody said what it is for"),
        (Some(Purpose::Marketing), _) => Finding::allow(rule, "marketing"),
        (Some(_), None) => Finding::deny(rule, "nobody classified what is going to be said"),
        (Some(_), Some(Content::Marketing)) => {
            Finding::allow(rule, "what is going to be said sells something: decided on as marketing")
        }
        (Some(_), Some(Content::Other)) => Finding::allow(rule, "what is going to be said fits the purpose"),
    }
}

fn mismatch(case: &Case<'_>) -> Finding {
    let rule = Rule::ContactChannelMismatch;
    let channel = case.facts.channel;
    let reachable = match &case.facts.contact {
        None => true,
        Some(Contact::Phone(_)) => channel != Channel::Email,
        Some(Contact::Email(_)) => channel == Channel::Email,
    };
    let served = match channel {
        Channel::Voice => case.means != Some(Technology::Sms),
        Channel::Sms => case.means == Some(Technology::Sms),
        Channel::Email => case.means.is_none(),
    };
    match (reachable, served) {
        (false, _) => Finding::deny(rule, "this contact point is not reached over this channel"),
        (_, false) => Finding::deny(rule, "this technology does not serve this channel"),
        _ => Finding::allow(rule, "the contact point is reached over this channel"),
    }
}

fn uncovered(case: &Case<'_>) -> Finding {
    let rule = Rule::JurisdictionUncovered;
    match case.located.candidates.country {
        Some(country) if !case.american && !case.european => {
            Finding::deny(rule, format!("no pack holds in {country}")).unless(case.passes.emergency)
        }
        _ => Finding::allow(rule, "a pack holds where the person may be"),
    }
}
