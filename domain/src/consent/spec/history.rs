use super::*;

const MONDAY: &str = "2026-11-23T15:00:00Z";
const TUESDAY: &str = "2026-11-24T18:00:00Z";
const WEDNESDAY: &str = "2026-11-25T10:00:00Z";

fn day(raw: &str) -> Timestamp {
    raw.parse().expect("an instant")
}

/// Consent a week ago, a call on Tuesday, and a voicemail of Monday heard on Wednesday.
fn stream() -> Vec<(ConsentEvent, Timestamp)> {
    let voicemail = RevokeConsent {
        method: RevocationMethod::Voicemail,
        occurred_at: Some(day(MONDAY)),
        ..stop(day(WEDNESDAY))
    };
    vec![(written(after(-7 * DAY)), after(-7 * DAY)), (heard(voicemail), day(WEDNESDAY))]
}

fn as_of(stream: &[(ConsentEvent, Timestamp)], at: Option<&str>, known_at: Option<&str>) -> Consent {
    let history = stream.iter().map(|(event, recorded_at)| (event, *recorded_at));
    Consent::as_of(history, at.map(day), known_at.map(day))
}

#[test]
fn on_what_we_knew_the_call_was_allowed_and_on_what_we_know_it_was_not() {
    let decide = |ledger: Consent, known_at| {
        let facts = Facts { known_at, ..outside(day(TUESDAY)) };
        decide(shipped().expect("valid packs"), &facts.with_ledger(&ledger))
    };
    let then = decide(as_of(&stream(), Some(TUESDAY), Some(TUESDAY)), day(TUESDAY));
    assert_eq!(then.effect, Effect::Allow);
    let now = decide(as_of(&stream(), Some(TUESDAY), None), day("2026-12-01T00:00:00Z"));
    assert_eq!((now.effect, now.primary), (Effect::Deny, Some(Rule::Revoked)));
    let finding = now.finding(Rule::Revoked).expect("reported");
    assert_eq!(finding.facts, [FactId::Ledger(2)], "facts keep their place in the stream");
    assert!(finding.detail.contains("within 10 business days (deadline 2026-12-08)"), "{}", finding.detail);
}

#[test]
fn facts_are_taken_in_the_order_in_which_they_occurred() {
    let paper = GrantConsent { occurred_at: Some(after(-DAY)), ..form(ConsentLevel::Pec, after(5)) };
    let stream = [(written(morning()), morning()), (noted(paper), after(5))];
    let ledger = as_of(&stream, None, None);
    let sequences: Vec<i64> = ledger.grants.iter().map(|grant| grant.sequence).collect();
    assert_eq!((sequences, ledger.version, ledger.fence), (vec![2, 1], 2, 2));
}

#[test]
fn the_limits_are_inclusive() {
    assert_eq!(as_of(&stream(), Some(MONDAY), Some(WEDNESDAY)).revocations.len(), 1);
    assert_eq!(as_of(&stream(), Some("2026-11-23T14:59:59Z"), None).revocations.len(), 0);
}

#[test]
fn before_anything_happened_the_ledger_is_empty_but_has_its_name() {
    let ledger = as_of(&stream(), Some("2020-01-01T00:00:00Z"), None);
    assert_eq!((ledger.id, ledger.contact, ledger.version), (LEDGER, Some(phone()), 0));
    assert!(ledger.grants.is_empty());
}

#[test]
fn without_limits_it_is_the_ledger_itself() {
    let stream = [
        (written(after(-9)), after(-9)),
        (listed(after(-8)), after(-8)),
        (delisted(after(-7)), after(-7)),
        (stopped(after(-6)), after(-6)),
    ];
    let events = stream.iter().map(|(event, _)| event.clone());
    assert_eq!(as_of(&stream, None, None), ledger(events));
}
