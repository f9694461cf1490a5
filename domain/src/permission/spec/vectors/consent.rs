//! Vectors 1 to 14: consent, withdrawals and hours.

use super::*;
use crate::permission::facts::Confirmation;
use crate::permission::opt_out::{Matcher, Medium};
use crate::permission::pack::{Pack, SHIPPED};

#[test]
fn vector_1_written_consent_within_hours_is_allowed_with_its_obligations() {
    let decision = allowed(&call("+14152345678", TUESDAY));
    let expected = [
        Obligation::IdentifyCaller,
        Obligation::CallBackNumber,
        Obligation::AiDisclosure,
        Obligation::OptOutMechanism,
        Obligation::PromptFirstAudio,
        Obligation::LetItRing,
        Obligation::AttestedCallerId,
        Obligation::RecordingNotice,
    ];
    assert_eq!(duties(&decision), expected);
    let recording = found(&decision, Rule::RecordingNotice);
    assert!(recording.detail.starts_with("all parties must agree"), "{}", recording.detail);
    assert!(recording.rows.iter().any(|row| row.as_ref() == "recording/ca"));
}

#[test]
fn vector_2_without_consent_it_is_missing() {
    let mut facts = call("+14152345678", TUESDAY);
    no_consent(&mut facts);
    let decision = denied(&facts, Rule::ConsentMissing);
    assert!(found(&decision, Rule::ConsentMissing).detail.contains("PEWC"));
}

#[test]
fn vector_3_plain_consent_does_not_do_for_marketing() {
    let mut facts = call("+14152345678", TUESDAY);
    ledger(&mut facts).grants[0].level = ConsentLevel::Pec;
    let decision = denied(&facts, Rule::ConsentLevel);
    let detail = &found(&decision, Rule::ConsentLevel).detail;
    assert!(detail.contains("PEWC") && detail.contains("PEC") && detail.contains("Bradford"), "{detail}");
}

#[test]
fn vector_4_plain_consent_does_for_a_reminder_which_needs_no_way_to_opt_out() {
    let decision = allowed(&reminder("+14152345678", TUESDAY));
    assert_eq!(found(&decision, Rule::OptOutMechanism).effect, Outcome::NotApplicable);
    assert!(!duties(&decision).contains(&Obligation::OptOutMechanism));
}

#[test]
fn vectors_5_and_6_words_that_withdraw_end_texts_at_once() {
    let matcher =
        Matcher::try_new(&Pack::parse(SHIPPED[3].1).expect("valid"), at(TUESDAY).date()).expect("phrases");
    for words in ["stop.", "please dont text me anymore thx"] {
        let reading = matcher.read(words, Medium::Text);
        assert!(reading.verdict.withdraws());
        let mut facts = text("+14152345678", TUESDAY);
        let understood_by = reading.row.map(|row| row.to_string());
        let revocation = Revocation { understood_by, ..stop(before(&facts, 1)) };
        ledger(&mut facts).revocations.push(revocation);
        let decision = denied(&facts, Rule::Revoked);
        let finding = found(&decision, Rule::Revoked);
        assert!(finding.detail.contains("ctia/words.opt-out"), "{}", finding.detail);
        assert_eq!(finding.facts, [event(3)]);
    }
}

#[test]
fn vector_7_one_confirmation_in_time_and_no_more() {
    let confirmation = |minutes: i64, sent_before| {
        let mut facts = text("+14152345678", TUESDAY);
        facts.purpose = Some(Purpose::Informational);
        let revocation = stop(before(&facts, minutes * 60));
        ledger(&mut facts).revocations.push(revocation);
        facts.context.confirmation =
            Some(Confirmation { revocation: event(3), sent_before: Some(sent_before) });
        facts
    };
    let decision = allowed(&confirmation(2, 0));
    assert_eq!(found(&decision, Rule::OptOutConfirmation).effect, Outcome::Allow);
    assert_eq!(found(&decision, Rule::Revoked).effect, Outcome::Bypassed);
    denied(&confirmation(3, 1), Rule::Revoked);
    denied(&confirmation(9, 0), Rule::Revoked);
}

#[test]
fn vector_8a_a_stop_to_marketing_leaves_reminders_unless_the_organization_wants_it_to_reach_them() {
    let mut facts = informational_text("2027-01-15T18:00:00Z", "reminder");
    let revocation = reply_stop(before(&facts, DAY), Purpose::Marketing, None, false);
    ledger(&mut facts).revocations.push(revocation);
    allowed(&facts);
    facts.settings.revoke_all = true;
    denied(&facts, Rule::Revoked);
}

#[test]
fn vector_8b_a_stop_to_one_topic_reaches_others_from_the_day_the_waiver_ends() {
    for (time, denies) in [("2027-01-15T18:00:00Z", false), ("2027-02-02T18:00:00Z", true)] {
        let mut facts = informational_text(time, "delivery");
        let revocation = reply_stop(before(&facts, DAY), Purpose::Informational, Some("billing"), false);
        ledger(&mut facts).revocations.push(revocation);
        if denies {
            denied(&facts, Rule::Revoked);
        } else {
            allowed(&facts);
        }
    }
}

#[test]
fn vector_8c_a_stop_to_an_exempted_message_reaches_everything() {
    let mut facts = call("+14152345678", TUESDAY);
    let revocation = reply_stop(before(&facts, DAY), Purpose::Informational, Some("billing"), true);
    ledger(&mut facts).revocations.push(revocation);
    denied(&facts, Rule::Revoked);
}

#[test]
fn vector_9_florida_closes_at_eight() {
    let decision = denied(&call("+13052345678", "2026-11-25T01:30:00Z"), Rule::StateHours);
    assert_eq!(found(&decision, Rule::QuietHoursFed).effect, Outcome::Allow);
    assert_eq!(decision.retry_at, Some(at("2026-11-25T13:00:00Z")));
}

#[test]
fn vector_10_a_split_area_code_opens_when_both_zones_do() {
    let decision = denied(&call("+18502345678", "2026-11-24T13:30:00Z"), Rule::QuietHoursFed);
    assert_eq!(decision.location.zones.len(), 2);
    allowed(&call("+18502345678", "2026-11-24T14:00:00Z"));
}

#[test]
fn vector_12_arizona_in_summer_has_two_times() {
    let decision = denied(&call("+19282345678", "2027-07-06T14:30:00Z"), Rule::QuietHoursFed);
    assert_eq!(decision.retry_at, Some(at("2027-07-06T15:00:00Z")));
    allowed(&call("+19282345678", "2027-07-06T15:00:00Z"));
}

#[test]
fn vector_14_connecticut_opens_at_nine() {
    denied(&call("+18602345678", "2026-11-24T13:30:00Z"), Rule::StateHours);
    allowed(&call("+18602345678", "2026-11-24T14:00:00Z"));
}
