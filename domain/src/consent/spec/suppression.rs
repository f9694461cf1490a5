//! Withdrawing, and the organization's own do-not-call list.

use super::*;
use crate::aggregate::Refusal;
use crate::consent::ConsentRefusal;
use crate::spec::given;

fn delist() -> ConsentCommand {
    ConsentCommand::Delist { reason: because("listed by mistake"), by: ADA, at: after(9) }
}

#[test]
fn what_was_never_granted_can_be_withdrawn() {
    given::<Consent>([]).when(ConsentCommand::Revoke(stop(morning()))).then([stopped(morning())]);
}

#[test]
fn withdrawing_twice_is_a_success_that_changes_nothing() {
    given::<Consent>([written(after(-9)), stopped(morning())])
        .when(ConsentCommand::Revoke(stop(after(5))))
        .then_nothing();
}

#[test]
fn withdrawing_again_after_a_consent_is_news() {
    given::<Consent>([stopped(morning()), written(after(1))])
        .when(ConsentCommand::Revoke(stop(after(5))))
        .then([stopped(after(5))]);
}

#[test]
fn withdrawing_again_is_news_where_a_consent_was_given_after_the_voicemail_we_heard_late() {
    let voicemail = RevokeConsent { occurred_at: Some(after(-30)), ..stop(after(20)) };
    given::<Consent>([written(after(-10)), heard(voicemail)])
        .when(ConsentCommand::Revoke(stop(after(25))))
        .then([stopped(after(25))]);
}

#[test]
fn withdrawing_on_another_day_or_with_other_reach_is_kept() {
    let texts = RevokeConsent { channels: vec![Channel::Sms], ..stop(after(5)) };
    given::<Consent>([stopped(morning())]).when(ConsentCommand::Revoke(texts.clone())).then([heard(texts)]);
    given::<Consent>([stopped(morning())])
        .when(ConsentCommand::Revoke(stop(after(DAY))))
        .then([stopped(after(DAY))]);
}

#[test]
fn nobody_withdraws_in_the_future() {
    let early = RevokeConsent { occurred_at: Some(after(61)), ..stop(morning()) };
    given::<Consent>([]).when(ConsentCommand::Revoke(early)).then_refused(ConsentRefusal::OccurredInFuture);
    assert_eq!(ConsentRefusal::OccurredInFuture.pointer().as_deref(), Some("/occurredAt"));
}

#[test]
fn a_narrow_revocation_is_never_folded_into_an_older_wide_one() {
    let everything = std::iter::once(stopped(morning()));
    let texts =
        (1..=250).map(|n| heard(RevokeConsent { channels: vec![Channel::Sms], ..stop(after(n * 120)) }));
    let kept = ledger(everything.chain(texts)).revocations;
    assert!(kept.len() <= Consent::LISTED);
    assert!(kept.iter().any(|revocation| revocation.channels.is_empty()));
    assert!(kept.iter().any(|revocation| revocation.occurred_at == after(250 * 120)));
}

#[test]
fn listing_opens_a_ledger_and_happens_once() {
    given::<Consent>([]).when(list(morning())).then([listed(morning())]);
    given::<Consent>([listed(morning())]).when(list(after(DAY))).then_nothing();
}

#[test]
fn listing_again_is_news_where_a_consent_came_in_between() {
    given::<Consent>([listed(morning()), written(after(1))]).when(list(after(2))).then([listed(after(2))]);
}

#[test]
fn what_is_delisted_can_be_listed_again() {
    given::<Consent>([listed(morning())]).when(delist()).then([delisted(after(9))]);
    given::<Consent>([listed(morning()), delisted(after(9))]).when(list(after(10))).then([listed(after(10))]);
}

#[test]
fn delisting_what_is_not_listed_changes_nothing_but_needs_a_ledger() {
    given::<Consent>([written(morning())]).when(delist()).then_nothing();
    given::<Consent>([]).when(delist()).then_refused(ConsentRefusal::NotFound);
}

#[test]
fn of_two_listings_the_later_counts_even_where_clocks_disagree() {
    let twice = ledger([listed(after(9)), listed(morning())]);
    assert_eq!(twice.internal_dnc.map(|entry| entry.since), Some(after(9)));
}

#[test]
fn a_grant_stands_until_all_it_reaches_is_withdrawn() {
    let of = |channel| RevokeConsent { channels: vec![channel], ..stop(after(5)) };
    let texts = [written(morning()), heard(of(Channel::Sms))];
    assert!(ledger(texts.clone()).has_standing_grant(), "calls may still be placed");
    assert!(!ledger(texts.into_iter().chain([heard(of(Channel::Voice))])).has_standing_grant());
    assert!(!ledger([]).has_standing_grant());
}

#[test]
fn a_withdrawal_learnt_of_late_does_not_outweigh_the_grant_that_came_after_it() {
    let voicemail = RevokeConsent { occurred_at: Some(after(-30)), ..stop(after(20)) };
    assert!(ledger([written(morning()), heard(voicemail)]).has_standing_grant());
    assert!(!ledger([written(morning()), stopped(after(20))]).has_standing_grant());
}
