//! Group C: what nothing but the person's own later act lifts.

use std::borrow::Cow;

use super::case::{Case, matches_means};
use crate::permission::facts::{
    Grant, Listing, Reassigned, ReassignedAnswer, Revocation, Suppression, SuppressionKind,
};
use crate::permission::finding::Finding;
use crate::permission::pack::{ReassignedTerms, washington};
use crate::permission::rule::Rule;
use crate::values::{Channel, Purpose, Timestamp};

const DAY: i64 = 86_400;

pub(super) fn findings(case: &Case<'_>) -> [Finding; 4] {
    let passes = case.passes;
    [
        revoked(case).unless(passes.emergency || passes.confirmation),
        internal_dnc(case).unless(passes.emergency),
        suppressed(case),
        reassigned(case).unless(passes.emergency),
    ]
}

fn answering(rule: Rule) -> Finding {
    Finding::not_applicable(rule, "answering a call is no contact of ours")
}

fn revoked(case: &Case<'_>) -> Finding {
    let rule = Rule::Revoked;
    if case.passes.live_inbound {
        return answering(rule);
    }
    let Some(ledger) = &case.facts.ledger else { return Finding::deny(rule, "the ledger is unknown") };
    let reaching = ledger.revocations.iter().filter(|revocation| {
        case.facts.counts(&revocation.source)
            && case.facts.had_happened(revocation.occurred_at, &revocation.source)
            && reaches(case, revocation)
    });
    let latest = reaching.max_by_key(|revocation| (revocation.occurred_at, revocation.source.recorded_at));
    let Some(revocation) = latest else {
        return Finding::allow(rule, "nothing that covers this was withdrawn");
    };
    let place = (revocation.occurred_at, revocation.source.recorded_at);
    let since = case.provable.iter().find(|grant| grant.place() > place);
    let rows = case.book.revocation.iter().map(|applied| &applied.row);
    let rows = rows.chain(case.book.revoke_all.iter().map(|applied| &applied.row));
    let finding = match since {
        Some(grant) => Finding::allow(rule, "withdrawn, but sufficient consent was given since")
            .about(&revocation.source.fact)
            .about(&grant.source.fact),
        None => Finding::deny(rule, withdrawn(case, revocation)).about(&revocation.source.fact),
    };
    finding.by_rows(rows)
}

/// In words; where the news came after the contact, with the day by which the law wants it honoured.
fn withdrawn(case: &Case<'_>, revocation: &Revocation) -> Cow<'static, str> {
    let how =
        revocation.understood_by.as_deref().map(|by| format!(", understood by {by}")).unwrap_or_default();
    let mut detail = format!("withdrawn, and no sufficient consent was given since{how}");
    let late = revocation.source.recorded_at > case.facts.at;
    if let Some(deadline) = deadline(case, revocation.occurred_at).filter(|_| late) {
        let within = if washington(case.facts.at) <= deadline { "within" } else { "after" };
        let days =
            case.book.revocation.first().map_or(0, |applied| applied.rule.legal_deadline_business_days);
        detail = format!("{detail}; learnt of later, {within} {days} business days (deadline {deadline})");
    }
    detail.into()
}

/// The last business day of the term that begins with the day after the withdrawal.
fn deadline(case: &Case<'_>, occurred_at: Timestamp) -> Option<chrono::NaiveDate> {
    let mut left = case.book.revocation.first()?.rule.legal_deadline_business_days;
    let mut day = washington(occurred_at);
    while left > 0 {
        day = day.succ_opt()?;
        if super::hours::is_business_day(case.book, day) {
            left -= 1;
        }
    }
    Some(day)
}

/// Whether a withdrawal is about this contact: as far as the person said, or as far as a reply to the message it
/// answered goes.
fn reaches(case: &Case<'_>, revocation: &Revocation) -> bool {
    let facts = case.facts;
    if revocation.seller.as_ref().is_some_and(|seller| *seller != facts.seller) {
        return false;
    }
    let Some(reply) = &revocation.reply_to else {
        return (revocation.channels.is_empty() || revocation.channels.contains(&facts.channel))
            && (revocation.purposes.is_empty() || case.has_purpose(&revocation.purposes));
    };
    let terms = case.book.revoke_all.iter();
    let exempted = reply.exempted && terms.clone().all(|applied| applied.rule.exempted_reaches_all);
    let all = facts.settings.revoke_all || terms.clone().any(|applied| applied.rule.across_topics);
    if exempted || all || case.solicits() {
        return true;
    }
    match reply.purpose {
        // A reply to marketing ends marketing; other messages go on by their own consent.
        Some(Purpose::Marketing) => false,
        _ => match (&reply.topic, &facts.topic) {
            (Some(theirs), Some(ours)) => theirs == ours,
            _ => true,
        },
    }
}

fn internal_dnc(case: &Case<'_>) -> Finding {
    let rule = Rule::InternalDnc;
    if case.passes.live_inbound {
        return answering(rule);
    }
    let Some(listings) = &case.facts.internal_dnc else {
        return Finding::deny(rule, "the seller's do-not-call list is unknown");
    };
    let bearing = listings.iter().filter(|listing| {
        case.facts.counts(&listing.source)
            && case.facts.had_happened(listing.since, &listing.source)
            && listing.seller.as_ref().is_none_or(|seller| *seller == case.facts.seller)
    });
    let place = |listing: &&Listing| (listing.since, listing.source.recorded_at);
    let Some(listing) = bearing.max_by_key(place) else {
        return Finding::allow(rule, "not on the seller's do-not-call list");
    };
    let lifting: Option<&&Grant> = case.written().find(|grant| grant.place() > place(&listing));
    match lifting {
        Some(grant) => {
            Finding::allow(rule, "on the seller's do-not-call list, but written consent was given since")
                .about(&listing.source.fact)
                .about(&grant.source.fact)
        }
        None => Finding::deny(rule, "on the seller's do-not-call list, and no written consent since")
            .about(&listing.source.fact),
    }
}

fn suppressed(case: &Case<'_>) -> Finding {
    let rule = Rule::Suppressed;
    if case.passes.live_inbound {
        return answering(rule);
    }
    let Some(suppressions) = &case.facts.suppressions else {
        return Finding::deny(rule, "the suppression lists are unknown");
    };
    let bearing = suppressions.iter().filter(|entry| {
        case.facts.counts(&entry.source)
            && case.facts.had_happened(entry.since, &entry.source)
            && concerns(case, entry)
            && !is_lifted(case, entry)
    });
    // An erased person is the graver finding: no emergency goes past it.
    let Some(entry) = bearing.max_by_key(|entry| entry.kind == SuppressionKind::Erased) else {
        return Finding::allow(rule, "on no suppression list");
    };
    let detail = match entry.kind {
        SuppressionKind::Litigator => "on the list of litigators",
        SuppressionKind::WrongNumber => "a wrong number",
        SuppressionKind::Deceased => "the person has died",
        SuppressionKind::Minor => "the person is a minor",
        SuppressionKind::LegalHold => "under legal hold",
        SuppressionKind::Erased => "the person had everything erased, and did nothing since",
        SuppressionKind::Objection => "the person objected to marketing, and did nothing since",
    };
    let past = case.passes.emergency && entry.kind != SuppressionKind::Erased;
    Finding::deny(rule, detail).about(&entry.source.fact).unless(past)
}

fn concerns(case: &Case<'_>, entry: &Suppression) -> bool {
    entry.kind != SuppressionKind::Objection || case.solicits()
}

/// What the person asked for, a later act of their own lifts; nothing lifts the rest.
fn is_lifted(case: &Case<'_>, entry: &Suppression) -> bool {
    let place = (entry.since, entry.source.recorded_at);
    entry.kind.is_own_wish() && case.provable.iter().any(|grant| grant.affirmative && grant.place() > place)
}

fn reassigned(case: &Case<'_>) -> Finding {
    let rule = Rule::Reassigned;
    if case.passes.live_inbound {
        return answering(rule);
    }
    if case.facts.channel == Channel::Email || !case.american {
        return Finding::not_applicable(rule, "the database has American numbers");
    }
    let answer = case.facts.reassigned.as_ref().filter(|answer| case.facts.counts(&answer.source));
    if let Some(answer) = answer.filter(|answer| answer.answer == Reassigned::Yes) {
        return Finding::deny(rule, "the number was given up since the consent").about(&answer.source.fact);
    }
    let asking = case.book.reassigned.first().filter(|applied| {
        matches_means(&applied.rule.technologies, case.means) && case.has_purpose(&applied.rule.purposes)
    });
    let Some(applied) = asking else {
        return Finding::not_applicable(rule, "no answer of the database is needed");
    };
    let finding = match answer {
        None => Finding::deny(rule, "the database was not asked"),
        Some(answer) => match doubt(case, &applied.rule, answer) {
            Some(why) => Finding::deny(rule, why).about(&answer.source.fact),
            None => Finding::allow(rule, "still the number of who agreed").about(&answer.source.fact),
        },
    };
    finding.by(applied)
}

/// Why an answer cannot be relied on.
fn doubt(case: &Case<'_>, terms: &ReassignedTerms, answer: &ReassignedAnswer) -> Option<&'static str> {
    if answer.answer == Reassigned::NoData {
        return Some("the database knows nothing about the number");
    }
    let age = case.facts.at.millis_since(answer.asked_at);
    if age > i64::from(terms.max_age_days) * DAY * 1000 || age < 0 {
        return Some("the database was asked too long ago");
    }
    let covers = |grant: &&Grant| washington(grant.place().0) >= answer.about;
    let uncovered = !case.provable.is_empty() && !case.provable.iter().any(covers);
    uncovered.then_some("the database was asked about a day after the consent")
}
