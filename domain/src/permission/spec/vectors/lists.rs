//! Vectors 15 to 35: frequency, lists, exemptions and what was known when.

use super::*;
use crate::permission::facts::{Emergency, Suppression, SuppressionKind};

#[test]
fn vector_15_a_fourth_attempt_in_oklahoma_waits_for_the_first_to_age() {
    let mut facts = call("+14052345678", "2026-11-24T20:00:00Z");
    let times = ["2026-11-23T21:00:00Z", "2026-11-24T15:00:00Z", "2026-11-24T18:00:00Z"];
    facts.attempts = Some(times.iter().zip(20..).map(|(time, number)| attempt(at(time), number)).collect());
    let decision = denied(&facts, Rule::Frequency);
    assert_eq!(found(&decision, Rule::Frequency).facts, [event(20), event(21), event(22)]);
    assert_eq!(decision.retry_at, Some(at("2026-11-24T21:00:00Z")));
    facts.subject = Some("listing 8".to_owned());
    denied(&facts, Rule::Frequency);
    facts.settings.attempts = Some(5);
    allowed(&facts);
}

#[test]
fn vector_17_an_inquiry_lifts_the_national_list_for_three_months() {
    let inquired = |time: &str| {
        let mut facts = manual("+14152345678", TUESDAY);
        list_nationally(&mut facts);
        facts.business.inquiry = Some((source(event(30), at(time)), at(time)));
        facts
    };
    allowed(&inquired("2026-08-25T12:00:00Z"));
    denied(&inquired("2026-08-23T12:00:00Z"), Rule::NationalDnc);
}

#[test]
fn vector_18_a_request_to_the_seller_beats_business_and_comes_first() {
    let mut facts = manual("+14152345678", TUESDAY);
    list_nationally(&mut facts);
    let bought = before(&facts, 60 * DAY);
    facts.business.purchase = Some((source(event(30), bought), bought));
    allowed(&facts);
    facts.internal_dnc = Some(vec![listing(before(&facts, DAY))]);
    denied(&facts, Rule::InternalDnc);
}

#[test]
fn vector_19_business_never_stands_for_consent_to_an_artificial_voice() {
    let mut facts = call("+14152345678", TUESDAY);
    no_consent(&mut facts);
    list_nationally(&mut facts);
    let bought = before(&facts, 60 * DAY);
    facts.business.purchase = Some((source(event(30), bought), bought));
    let decision = denied(&facts, Rule::ConsentMissing);
    assert_eq!(found(&decision, Rule::NationalDnc).effect, Outcome::Allow);
}

#[test]
fn vector_20_written_consent_lifts_the_national_list() {
    let mut facts = call("+14152345678", TUESDAY);
    list_nationally(&mut facts);
    let decision = allowed(&facts);
    assert!(found(&decision, Rule::NationalDnc).facts.contains(&event(1)));
}

#[test]
fn vector_21_a_number_given_up_or_unknown_to_the_database_is_not_called() {
    for answer in [Reassigned::Yes, Reassigned::NoData] {
        let mut facts = call("+14152345678", TUESDAY);
        if let Some(reassigned) = &mut facts.reassigned {
            reassigned.answer = answer;
        }
        denied(&facts, Rule::Reassigned);
    }
}

#[test]
fn vector_23_an_emergency_goes_past_a_withdrawal_at_night_and_is_looked_at() {
    let mut facts = call("+13052345678", "2026-11-24T08:00:00Z");
    facts.purpose = Some(Purpose::Emergency);
    let revocation = stop(before(&facts, DAY));
    ledger(&mut facts).revocations.push(revocation);
    facts.context.emergency =
        Some(Emergency { source: source(event(40), facts.at), reason: "recall of a medicine".to_owned() });
    let decision = allowed(&facts);
    assert!(decision.flagged);
    for rule in [Rule::Revoked, Rule::ConsentMissing] {
        assert_eq!(found(&decision, rule).effect, Outcome::Bypassed, "{rule:?}");
    }
}

#[test]
fn vector_24_the_exemption_for_health_needs_a_free_message_and_room_in_its_quota() {
    let lab_result = || {
        let mut facts = reminder("+14152345678", TUESDAY);
        no_consent(&mut facts);
        facts.settings.healthcare_exemption = true;
        facts.context.free_to_end_user = Some(true);
        facts
    };
    allowed(&lab_result());
    let mut paid = lab_result();
    paid.context.free_to_end_user = Some(false);
    let decision = denied(&paid, Rule::ConsentMissing);
    assert!(found(&decision, Rule::ConsentMissing).detail.contains("B4 not met: not free"));
    let mut second = lab_result();
    let earlier = Attempt { purpose: Some(Purpose::Healthcare), ..attempt(before(&second, 3600), 20) };
    second.attempts = Some(vec![earlier]);
    let decision = denied(&second, Rule::ConsentMissing);
    assert!(found(&decision, Rule::ConsentMissing).detail.contains("B4 not met: daily quota"));
}

#[test]
fn vector_25_a_residential_line_may_be_told_something_three_times_a_month() {
    for (calls, allows) in [(2, true), (3, false)] {
        let mut facts = call("+14152345678", TUESDAY);
        no_consent(&mut facts);
        facts.purpose = Some(Purpose::Informational);
        if let Some(line) = &mut facts.line {
            line.kind = Some(LineKind::Residential);
        }
        let earlier = |number: i64| {
            let told =
                attempt(before(&facts, (number + 2) * 3 * DAY), 20 + u128::from(number.unsigned_abs()));
            Attempt { purpose: Some(Purpose::Informational), ..told }
        };
        facts.attempts = Some((0..calls).map(earlier).collect());
        if allows {
            let decision = allowed(&facts);
            assert_eq!(found(&decision, Rule::ResidentialInfoExempt).effect, Outcome::Allow);
        } else {
            let decision = denied(&facts, Rule::ConsentMissing);
            assert!(found(&decision, Rule::ConsentMissing).detail.contains("B5 not met: quota"));
        }
    }
}

#[test]
fn vector_26_what_another_organization_holds_neither_counts_nor_shows() {
    let mut facts = call("+14152345678", TUESDAY);
    ledger(&mut facts).grants[0].source.organization = TenantId(Uuid::from_u128(2));
    let decision = denied(&facts, Rule::ConsentMissing);
    assert!(decision.findings.iter().all(|finding| !finding.facts.contains(&event(1))));
}

#[test]
fn vector_27_an_imported_list_does_not_revive_an_erased_person() {
    let mut facts = call("+14152345678", TUESDAY);
    let erased = before(&facts, 30 * DAY);
    facts.suppressions = Some(vec![Suppression {
        source: source(event(50), erased),
        kind: SuppressionKind::Erased,
        since: erased,
    }]);
    let imported = Grant { affirmative: false, ..written(before(&facts, DAY)) };
    ledger(&mut facts).grants = vec![imported];
    denied(&facts, Rule::Suppressed);
    ledger(&mut facts).grants[0].affirmative = true;
    if let Some(reassigned) = &mut facts.reassigned {
        reassigned.about = "2026-11-20".parse().expect("a day");
    }
    allowed(&facts);
}

#[test]
fn vector_29_new_york_closes_at_nine_to_the_second() {
    allowed(&call("+12122345678", "2026-11-25T01:59:59Z"));
    denied(&call("+12122345678", "2026-11-25T02:00:00Z"), Rule::QuietHoursFed);
}

#[test]
fn vector_31_news_that_travels_late_changes_what_is_known_and_not_what_was() {
    let mut facts = call("+14152345678", TUESDAY);
    let recorded = at("2026-11-25T10:00:00Z");
    let voicemail = Revocation { source: source(event(3), recorded), ..stop(at("2026-11-23T15:00:00Z")) };
    ledger(&mut facts).revocations.push(voicemail);
    let then = allowed(&facts);
    assert!(then.findings.iter().all(|finding| !finding.facts.contains(&event(3))));
    facts.known_at = at("2026-12-01T00:00:00Z");
    let now = denied(&facts, Rule::Revoked);
    let detail = &found(&now, Rule::Revoked).detail;
    assert!(detail.contains("within 10 business days (deadline 2026-12-08)"), "{detail}");
}

#[test]
fn vector_34_european_marketing_needs_an_opt_in() {
    let mut facts = call("+493012345678", TUESDAY);
    no_consent(&mut facts);
    denied(&facts, Rule::EuOptIn);
    let opt_in = Grant { level: ConsentLevel::OptIn, ..written(before(&facts, DAY)) };
    ledger(&mut facts).grants.push(opt_in);
    allowed(&facts);
}

#[test]
fn vector_35_consent_without_the_disclosure_as_shown_is_not_provable() {
    let mut facts = call("+14152345678", TUESDAY);
    ledger(&mut facts).grants[0].has_disclosure = false;
    let decision = denied(&facts, Rule::EvidenceIncomplete);
    assert!(found(&decision, Rule::EvidenceIncomplete).detail.contains("disclosure"));
}
