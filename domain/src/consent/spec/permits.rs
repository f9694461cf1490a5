use super::*;
use crate::consent::{
    About, CallerState, Checked, ConsentRefusal, IssuedPermit, PERMIT_SECONDS, PermitRedeemed, RedeemPermit,
};
use crate::permission::facts::{Emergency, Inbound, InboundKind};
use crate::spec::given;
use crate::values::Name;

const OTHER_CALL: CallId = CallId(Uuid::from_u128(31));

fn answer(history: impl IntoIterator<Item = ConsentEvent>, check: CheckPermission) -> Checked {
    let events = given::<Consent>(history).when(ConsentCommand::Check(check)).events();
    let [ConsentEvent::Checked(checked)] = events.as_slice() else { panic!("one answer: {events:?}") };
    checked.clone()
}

/// A ledger in which marketing was allowed and a permit given at the start.
fn permitted() -> Vec<ConsentEvent> {
    let allowed = answer([written(after(-DAY))], check(morning()));
    vec![written(after(-DAY)), allowed.into()]
}

fn redeem(call_id: CallId, at: Timestamp) -> ConsentCommand {
    ConsentCommand::RedeemPermit(RedeemPermit { permit_id: PERMIT, call_id, purpose: None, profile: 6, at })
}

fn redeemed() -> ConsentEvent {
    PermitRedeemed { permit_id: PERMIT, call_id: CALL, about: Some(about()), at: after(3) }.into()
}

/// What the permit of these examples is for.
fn about() -> About {
    About {
        seller: Name::try_new("Acme Realty").ok(),
        channel: Channel::Voice,
        technology: Some(Technology::AiVoice),
        purpose: Some(Purpose::Marketing),
        subject: Some(Token::try_new("listing 7").expect("a subject")),
    }
}

fn then<T>(mut history: Vec<T>, more: T) -> Vec<T> {
    history.push(more);
    history
}

#[test]
fn an_allowed_check_carries_a_permit_for_half_a_minute() {
    let checked = answer([written(after(-DAY))], check(morning()));
    assert_eq!((checked.effect, checked.primary), (Effect::Allow, None));
    assert_eq!(checked.permit, Some(IssuedPermit { id: PERMIT, expires_at: after(PERMIT_SECONDS) }));
    assert_eq!(checked.fence, 1);
    assert!(checked.policy_pack.contains("us-core@"), "{}", checked.policy_pack);
}

#[test]
fn a_denied_check_is_recorded_even_about_somebody_unknown() {
    let checked = answer([], check(morning()));
    assert_eq!((checked.effect, checked.primary), (Effect::Deny, Some(Rule::ConsentMissing)));
    assert_eq!((checked.permit, checked.fence), (None, 0));
    let ledger = ledger([checked.into()]);
    assert_eq!((ledger.id, ledger.contact, ledger.version), (LEDGER, Some(phone()), 1));
}

/// The question, changed.
fn asking(change: impl FnOnce(&mut Facts)) -> CheckPermission {
    let mut check = check(morning());
    change(&mut check.outside);
    check
}

#[test]
fn the_answer_keeps_all_it_takes_to_make_it_again() {
    let history = [written(after(-DAY)), stopped(after(-9)), written(after(-8))];
    let checked =
        answer(history.clone(), asking(|facts| facts.context.caller_state = State::try_new("TX").ok()));
    assert_eq!(checked.caller_state.as_ref().map(CallerState::as_str), Some("TX"));
    let stored = serde_json::to_string(&checked).expect("json");
    let read: Checked = serde_json::from_str(&stored).expect("reads back");
    let again = ask(history, read.basis.clone().expect("kept").outside);
    assert_eq!(read.decision(), Some(again));
}

#[test]
fn a_permit_is_for_now_whatever_moment_was_asked_about() {
    let term = GrantConsent { expires_at: Some(after(-1)), ..form(ConsentLevel::Pewc, after(-DAY)) };
    let checked = answer([noted(term)], asking(|facts| facts.at = after(-20)));
    assert_eq!((checked.effect, checked.permit), (Effect::Allow, None));
    let later = answer([written(after(-DAY))], asking(|facts| facts.at = after(3600)));
    assert_eq!((later.effect, later.permit), (Effect::Allow, None));
    let soon = answer([written(after(-DAY))], asking(|facts| facts.at = after(10)));
    assert_eq!(soon.permit.map(|permit| permit.expires_at), Some(after(PERMIT_SECONDS)));
}

#[test]
fn a_permit_does_not_outlive_what_it_rests_on() {
    let term = GrantConsent { expires_at: Some(after(20)), ..form(ConsentLevel::Pewc, after(-DAY)) };
    let checked = answer([noted(term)], check(morning()));
    assert_eq!(checked.permit.map(|permit| permit.expires_at), Some(after(20)));
}

#[test]
fn whoever_is_on_the_line_is_answered_without_a_permit_to_call_them() {
    let source = outside(morning()).campaign.expect("one").source;
    let on_the_line = asking(|facts| {
        facts.context.inbound = Some(Inbound { source, at: after(-5), kind: InboundKind::LiveCall });
    });
    let checked = answer([], on_the_line);
    assert_eq!((checked.effect, checked.permit), (Effect::Allow, None));
}

#[test]
fn an_emergency_somebody_vouches_for_is_flagged() {
    let source = outside(morning()).campaign.expect("one").source;
    let emergency = asking(|facts| {
        facts.purpose = Some(Purpose::Emergency);
        facts.context.emergency = Some(Emergency { source, reason: "recall".to_owned() });
    });
    let checked = answer([written(after(-DAY)), stopped(after(-9))], emergency);
    assert!(checked.effect == Effect::Allow && checked.flagged && checked.permit.is_some());
}

#[test]
fn a_permit_is_void_once_the_profile_changed() {
    let redeem = RedeemPermit { permit_id: PERMIT, call_id: CALL, purpose: None, profile: 7, at: after(3) };
    given::<Consent>(permitted())
        .when(ConsentCommand::RedeemPermit(redeem))
        .then_refused(ConsentRefusal::FenceConflict);
}

#[test]
fn a_permit_is_good_for_one_call() {
    given::<Consent>(permitted()).when(redeem(CALL, after(3))).then([redeemed()]);
    given::<Consent>(then(permitted(), redeemed())).when(redeem(CALL, after(4))).then_nothing();
    given::<Consent>(then(permitted(), redeemed()))
        .when(redeem(OTHER_CALL, after(4)))
        .then_refused(ConsentRefusal::PermitRedeemed);
}

#[test]
fn a_permit_ends() {
    given::<Consent>(permitted()).when(redeem(CALL, after(29))).events();
    given::<Consent>(permitted())
        .when(redeem(CALL, after(PERMIT_SECONDS)))
        .then_refused(ConsentRefusal::PermitExpired);
}

#[test]
fn a_permit_nobody_gave_is_unknown() {
    for history in [vec![], vec![written(morning())]] {
        given::<Consent>(history).when(redeem(CALL, after(1))).then_refused(ConsentRefusal::PermitUnknown);
    }
}

#[test]
fn a_permit_is_void_once_anything_about_consent_changed() {
    for change in [stopped(after(1)), listed(after(1)), written(after(1))] {
        given::<Consent>(then(permitted(), change))
            .when(redeem(CALL, after(2)))
            .then_refused(ConsentRefusal::FenceConflict);
    }
}

#[test]
fn other_checks_do_not_void_a_permit() {
    let other = CheckPermission { permit_id: PermitId(Uuid::from_u128(21)), ..check(after(1)) };
    let other = answer(permitted(), other);
    given::<Consent>(then(permitted(), other.into())).when(redeem(CALL, after(3))).then([redeemed()]);
}

#[test]
fn ended_permits_are_forgotten_when_something_else_happens() {
    assert_eq!(ledger(permitted()).permits.len(), 1);
    assert!(ledger(then(permitted(), written(after(PERMIT_SECONDS)))).permits.is_empty());
}

#[test]
fn news_of_long_ago_does_not_end_a_permit_late() {
    let voicemail = RevokeConsent { occurred_at: Some(after(-DAY)), ..stop(after(PERMIT_SECONDS)) };
    assert!(ledger(then(permitted(), heard(voicemail))).permits.is_empty());
}

#[test]
fn a_ledger_keeps_so_many_permits_and_no_more() {
    let flood = (0..u128::try_from(Consent::PERMITS).expect("small") + 9).map(|n| {
        let asked = CheckPermission { permit_id: PermitId(Uuid::from_u128(n)), ..check(morning()) };
        answer([written(after(-DAY))], asked).into()
    });
    assert_eq!(ledger(flood).permits.len(), Consent::PERMITS);
}

#[test]
fn one_permit_used_voids_those_given_beside_it() {
    let beside = CheckPermission { permit_id: PermitId(Uuid::from_u128(21)), ..check(morning()) };
    let beside = answer(permitted(), beside);
    let history = then(then(permitted(), beside.into()), redeemed());
    let second = RedeemPermit {
        permit_id: PermitId(Uuid::from_u128(21)),
        call_id: OTHER_CALL,
        purpose: None,
        profile: 6,
        at: after(4),
    };
    given::<Consent>(history)
        .when(ConsentCommand::RedeemPermit(second))
        .then_refused(ConsentRefusal::FenceConflict);
}

#[test]
fn a_permit_is_for_the_purpose_and_the_channel_it_was_given_for() {
    let other = |purpose| {
        ConsentCommand::RedeemPermit(RedeemPermit {
            permit_id: PERMIT,
            call_id: CALL,
            purpose: Some(purpose),
            profile: 6,
            at: after(3),
        })
    };
    given::<Consent>(permitted())
        .when(other(Purpose::Informational))
        .then_refused(ConsentRefusal::PermitForAnotherPurpose);
    given::<Consent>(permitted()).when(other(Purpose::Marketing)).then([redeemed()]);
    let text = answer([written(after(-DAY))], asking(|facts| facts.channel = Channel::Sms));
    given::<Consent>([written(after(-DAY)), text.into()])
        .when(redeem(CALL, after(3)))
        .then_refused(ConsentRefusal::PermitForAnotherChannel);
}
