use super::*;
use crate::permission::facts::{Attempt, Confirmation, Emergency, Inbound, InboundKind};

const DAY: i64 = 86_400;

fn told(age: i64, number: u128, facts: &Facts, purpose: Purpose) -> Attempt {
    let at = before(facts, age);
    Attempt {
        source: source(event(number), at),
        seller: Some(SELLER.to_owned()),
        at,
        channel: Channel::Voice,
        technology: Some(Technology::AiVoice),
        purpose: Some(purpose),
        subject: None,
    }
}

#[test]
fn b1_an_emergency_needs_somebody_who_vouches_for_it_and_may_sell_nothing() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.purpose = Some(Purpose::Emergency);
    no_consent(&mut facts);
    denied(&facts, Rule::ConsentMissing);
    facts.context.emergency =
        Some(Emergency { source: source(event(40), facts.at), reason: "  ".to_owned() });
    denied(&facts, Rule::ConsentMissing);
    facts.context.emergency =
        Some(Emergency { source: source(event(40), facts.at), reason: "gas leak".to_owned() });
    let decision = allowed(&facts);
    assert!(decision.flagged);
    assert_eq!(found(&decision, Rule::Emergency).facts, [event(40)]);
    facts.content = Some(Content::Marketing);
    assert_eq!(decided(&facts).effect, Effect::Deny);
}

#[test]
fn b1_does_not_go_past_the_gate() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.purpose = Some(Purpose::Emergency);
    facts.context.emergency =
        Some(Emergency { source: source(event(40), facts.at), reason: "gas leak".to_owned() });
    facts.standing.stopped = Some(true);
    denied(&facts, Rule::TenantBlocked);
}

#[test]
fn b2_a_confirmation_may_be_sent_for_five_minutes_to_the_second() {
    for (age, allows) in [(300, true), (301, false), (-1, false)] {
        let mut facts = text("+14152345678", TUESDAY);
        facts.purpose = Some(Purpose::Informational);
        let mut revocation = stop(before(&facts, age));
        revocation.source.recorded_at = facts.at;
        ledger(&mut facts).revocations.push(revocation);
        facts.context.confirmation = Some(Confirmation { revocation: event(3), sent_before: Some(0) });
        let expected = if allows { None } else { Some(Rule::Revoked) };
        assert_eq!(decided(&facts).primary, expected, "{age} seconds");
    }
}

#[test]
fn b2_a_confirmation_of_nothing_or_that_sells_is_none() {
    let mut facts = text("+14152345678", TUESDAY);
    let revocation = stop(before(&facts, 60));
    ledger(&mut facts).revocations.push(revocation);
    facts.context.confirmation = Some(Confirmation { revocation: event(3), sent_before: Some(0) });
    denied(&facts, Rule::Revoked);
    facts.purpose = Some(Purpose::Informational);
    facts.context.confirmation = Some(Confirmation { revocation: event(99), sent_before: Some(0) });
    denied(&facts, Rule::Revoked);
    facts.context.confirmation = Some(Confirmation { revocation: event(3), sent_before: None });
    denied(&facts, Rule::Revoked);
}

#[test]
fn b2_an_allow_does_not_outlast_the_five_minutes() {
    let mut facts = text("+14152345678", TUESDAY);
    facts.purpose = Some(Purpose::Informational);
    let revocation = stop(before(&facts, 290));
    ledger(&mut facts).revocations.push(revocation);
    facts.context.confirmation = Some(Confirmation { revocation: event(3), sent_before: Some(0) });
    assert_eq!(allowed(&facts).valid_until, Some(before(&facts, -10)));
}

#[test]
fn b3_somebody_who_calls_may_be_answered_at_any_hour() {
    let mut facts = call("+14152345678", "2026-11-24T08:00:00Z");
    no_consent(&mut facts);
    denied(&facts, Rule::ConsentMissing);
    let called = before(&facts, 5);
    facts.context.inbound =
        Some(Inbound { source: source(event(41), called), at: called, kind: InboundKind::LiveCall });
    let decision = allowed(&facts);
    assert!(duties(&decision).contains(&Obligation::IdentifyCaller), "obligations stay");
}

#[test]
fn b3_a_message_is_answered_once_and_on_its_topic() {
    for (answered, same, allows) in [
        (Some(0), Some(true), true),
        (Some(1), Some(true), false),
        (Some(0), Some(false), false),
        (None, None, false),
    ] {
        let mut facts = text("+14152345678", TUESDAY);
        facts.purpose = Some(Purpose::Informational);
        no_consent(&mut facts);
        let wrote = before(&facts, 5);
        let kind = InboundKind::Message { answered_before: answered, same_topic: same };
        facts.context.inbound = Some(Inbound { source: source(event(41), wrote), at: wrote, kind });
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::ConsentMissing) });
    }
}

#[test]
fn b3_a_message_is_not_answered_after_a_withdrawal() {
    let mut facts = text("+14152345678", TUESDAY);
    facts.purpose = Some(Purpose::Informational);
    let wrote = before(&facts, 5);
    ledger(&mut facts).revocations.push(stop(wrote));
    let kind = InboundKind::Message { answered_before: Some(0), same_topic: Some(true) };
    facts.context.inbound = Some(Inbound { source: source(event(41), wrote), at: wrote, kind });
    denied(&facts, Rule::Revoked);
}

#[test]
fn b4_the_quota_for_health_counts_a_rolling_day_and_week() {
    for (ages, allows) in [
        (vec![DAY], true),
        (vec![DAY - 1], false),
        (vec![DAY, 2 * DAY, 7 * DAY], true),
        (vec![DAY, 2 * DAY, 7 * DAY - 1], false),
    ] {
        let mut facts = call("+14152345678", TUESDAY);
        no_consent(&mut facts);
        facts.purpose = Some(Purpose::Healthcare);
        facts.settings.healthcare_exemption = true;
        facts.context.free_to_end_user = Some(true);
        let attempts =
            ages.iter().zip(20..).map(|(age, number)| told(*age, number, &facts, Purpose::Healthcare));
        facts.attempts = Some(attempts.collect());
        assert_eq!(
            decided(&facts).primary,
            if allows { None } else { Some(Rule::ConsentMissing) },
            "{ages:?}"
        );
    }
}

#[test]
fn b4_is_off_unless_the_organization_turns_it_on() {
    let mut facts = call("+14152345678", TUESDAY);
    no_consent(&mut facts);
    facts.purpose = Some(Purpose::Healthcare);
    facts.context.free_to_end_user = Some(true);
    denied(&facts, Rule::ConsentMissing);
}

#[test]
fn b5_counts_thirty_days_to_the_second_and_needs_a_landline_at_home() {
    for (oldest, kind, allows) in [
        (30 * DAY, Some(LineKind::Residential), true),
        (30 * DAY - 1, Some(LineKind::Residential), false),
        (30 * DAY, Some(LineKind::Wireless), false),
        (30 * DAY, None, false),
    ] {
        let mut facts = call("+14152345678", TUESDAY);
        no_consent(&mut facts);
        facts.purpose = Some(Purpose::Transactional);
        if let Some(line) = &mut facts.line {
            line.kind = kind;
        }
        let ages = [oldest, 5 * DAY, 2 * DAY];
        let attempts =
            ages.iter().zip(20..).map(|(age, number)| told(*age, number, &facts, Purpose::Informational));
        facts.attempts = Some(attempts.collect());
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::ConsentMissing) });
    }
}
