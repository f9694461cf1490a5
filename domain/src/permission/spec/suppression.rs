use super::*;
use crate::permission::facts::{Emergency, Suppression, SuppressionKind};

const DAY: i64 = 86_400;

#[test]
fn c1_a_grant_outweighs_a_withdrawal_only_if_given_later() {
    for (later, allows) in [(-1, false), (0, false), (1, true)] {
        let mut facts = call("+14152345678", TUESDAY);
        let withdrawn = before(&facts, DAY);
        ledger(&mut facts).revocations.push(stop(withdrawn));
        ledger(&mut facts).grants.push(written(withdrawn.plus_seconds(later)));
        if let Some(reassigned) = &mut facts.reassigned {
            reassigned.about = "2026-11-20".parse().expect("a day");
        }
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::Revoked) }, "{later}");
    }
}

#[test]
fn c1_old_evidence_sent_in_again_revives_nothing() {
    let mut facts = call("+14152345678", TUESDAY);
    let withdrawn = before(&facts, DAY);
    ledger(&mut facts).revocations.push(stop(withdrawn));
    let again = Grant { captured_at: before(&facts, 2 * DAY), ..written(before(&facts, 60)) };
    ledger(&mut facts).grants.push(again);
    denied(&facts, Rule::Revoked);
}

#[test]
fn c1_a_withdrawal_reaches_what_it_names() {
    for (channels, purposes, reaches) in [
        (vec![], vec![], true),
        (vec![Channel::Voice], vec![Purpose::Marketing], true),
        (vec![Channel::Sms], vec![], false),
        (vec![], vec![Purpose::Informational], false),
    ] {
        let mut facts = call("+14152345678", TUESDAY);
        let revocation = Revocation { channels, purposes, ..stop(before(&facts, DAY)) };
        ledger(&mut facts).revocations.push(revocation);
        assert_eq!(decided(&facts).primary, if reaches { Some(Rule::Revoked) } else { None });
    }
    let mut facts = call("+14152345678", TUESDAY);
    let other = Revocation { seller: Some("another".to_owned()), ..stop(before(&facts, DAY)) };
    ledger(&mut facts).revocations.push(other);
    allowed(&facts);
}

#[test]
fn c1_a_stop_to_one_topic_leaves_others_until_the_waiver_ends_and_ends_marketing_at_once() {
    let mut facts = text("+14152345678", TUESDAY);
    let reply = reply_stop(before(&facts, DAY), Purpose::Informational, Some("billing"), false);
    ledger(&mut facts).revocations.push(reply);
    denied(&facts, Rule::Revoked);
    let given = before(&facts, 30 * DAY);
    ledger(&mut facts).grants.push(plain(given));
    facts.purpose = Some(Purpose::Informational);
    facts.topic = Some("delivery".to_owned());
    allowed(&facts);
    facts.topic = Some("billing".to_owned());
    denied(&facts, Rule::Revoked);
    facts.topic = None;
    denied(&facts, Rule::Revoked);
}

#[test]
fn c1_the_waiver_ends_at_midnight_in_washington() {
    // 23:59:59 and 00:00:00 on 30 and 31 January, seen from Honolulu, where it is still afternoon.
    for (time, reaches) in [("2027-01-31T04:59:59Z", false), ("2027-01-31T05:00:00Z", true)] {
        let mut facts = text("+18082345678", time);
        facts.purpose = Some(Purpose::Informational);
        facts.topic = Some("delivery".to_owned());
        let given = before(&facts, 30 * DAY);
        ledger(&mut facts).grants.push(plain(given));
        let reply = reply_stop(before(&facts, DAY), Purpose::Informational, Some("billing"), false);
        ledger(&mut facts).revocations.push(reply);
        assert_eq!(decided(&facts).primary, if reaches { Some(Rule::Revoked) } else { None }, "{time}");
    }
}

#[test]
fn c1_a_withdrawal_after_the_call_does_not_make_it_wrong() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.known_at = before(&facts, -DAY);
    let later = stop(before(&facts, -1));
    ledger(&mut facts).revocations.push(later);
    allowed(&facts);
    let same_time = stop(facts.at);
    ledger(&mut facts).revocations.push(same_time);
    denied(&facts, Rule::Revoked);
}

#[test]
fn c2_only_written_consent_of_later_lifts_the_sellers_own_list() {
    for (later, level, allows) in
        [(0, ConsentLevel::Pewc, false), (1, ConsentLevel::Pewc, true), (1, ConsentLevel::OptIn, false)]
    {
        let mut facts = call("+14152345678", TUESDAY);
        facts.purpose = Some(Purpose::Informational);
        let listed = before(&facts, DAY);
        facts.internal_dnc = Some(vec![listing(listed)]);
        let grant =
            Grant { purposes: vec![Purpose::Informational], level, ..written(listed.plus_seconds(later)) };
        ledger(&mut facts).grants.push(grant);
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::InternalDnc) });
    }
    let mut facts = call("+14152345678", TUESDAY);
    facts.internal_dnc =
        Some(vec![Listing { seller: Some("another".to_owned()), ..listing(before(&facts, DAY)) }]);
    allowed(&facts);
    facts.internal_dnc = Some(vec![Listing { seller: None, ..listing(before(&facts, DAY)) }]);
    denied(&facts, Rule::InternalDnc);
}

#[test]
fn c3_nobody_on_a_suppression_list_is_called_and_an_emergency_passes_all_but_the_erased() {
    let kinds = [
        SuppressionKind::Litigator,
        SuppressionKind::WrongNumber,
        SuppressionKind::Deceased,
        SuppressionKind::Minor,
        SuppressionKind::LegalHold,
        SuppressionKind::Objection,
        SuppressionKind::Erased,
    ];
    for kind in kinds {
        let mut facts = call("+14152345678", TUESDAY);
        let since = before(&facts, DAY);
        facts.suppressions = Some(vec![Suppression { source: source(event(50), since), kind, since }]);
        denied(&facts, Rule::Suppressed);
        facts.purpose = Some(Purpose::Emergency);
        facts.context.emergency =
            Some(Emergency { source: source(event(40), facts.at), reason: "gas leak".to_owned() });
        let expected = if kind == SuppressionKind::Erased { Some(Rule::Suppressed) } else { None };
        assert_eq!(decided(&facts).primary, expected, "{kind:?}");
    }
}

#[test]
fn c3_an_objection_is_about_marketing() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.purpose = Some(Purpose::Informational);
    let since = before(&facts, DAY);
    ledger(&mut facts).grants.push(plain(since));
    let kind = SuppressionKind::Objection;
    facts.suppressions = Some(vec![Suppression { source: source(event(50), since), kind, since }]);
    allowed(&facts);
}

#[test]
fn c4_an_answer_lasts_thirty_days_to_the_second() {
    for (age, allows) in [(30 * DAY, true), (30 * DAY + 1, false), (-1, false)] {
        let mut facts = call("+14152345678", TUESDAY);
        let asked = before(&facts, age);
        if let Some(answer) = &mut facts.reassigned {
            answer.asked_at = asked;
        }
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::Reassigned) }, "{age}");
    }
}

#[test]
fn c4_the_answer_must_reach_back_to_the_day_of_the_consent() {
    for (days, allows) in [(0, true), (1, false)] {
        let mut facts = call("+14152345678", TUESDAY);
        let consent = washington(before(&facts, 90 * DAY));
        if let Some(answer) = &mut facts.reassigned {
            answer.about = consent + chrono::Days::new(days);
        }
        assert_eq!(decided(&facts).primary, if allows { None } else { Some(Rule::Reassigned) });
    }
}

#[test]
fn c4_a_number_given_up_is_not_called_for_anything() {
    let mut facts = call("+14152345678", TUESDAY);
    facts.purpose = Some(Purpose::Informational);
    let given = before(&facts, DAY);
    ledger(&mut facts).grants.push(plain(given));
    facts.reassigned = None;
    let asked = source(FactId::Snapshot("rnd".to_owned()), given);
    allowed(&facts);
    facts.reassigned = Some(ReassignedAnswer {
        source: asked,
        answer: Reassigned::Yes,
        asked_at: given,
        about: given.date(),
    });
    denied(&facts, Rule::Reassigned);
}
