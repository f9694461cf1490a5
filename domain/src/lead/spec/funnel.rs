//! Contacted, qualified, met, won or lost.

use LeadStatus as S;
use proptest::prelude::*;

use super::*;
use crate::event::Event;
use crate::lead::{ContactLead, LeadRefusal};
use crate::spec::given;

fn call() -> LeadCommand {
    LeadCommand::Contact(ContactLead { channel: Channel::Voice, note: None, at: morning() })
}

#[test]
fn the_first_contact_moves_a_new_lead_forward() {
    given::<Lead>([created()]).when(call()).then([contacted(S::New, S::Contacted)]);
    assert_eq!(lead([created(), contacted(S::New, S::Contacted)]).last_contacted_at, Some(morning()));
}

#[test]
fn later_contacts_are_recorded_and_take_nothing_back() {
    given::<Lead>([created(), appointment_set(HOUR, S::New)])
        .when(call())
        .then([contacted(S::AppointmentSet, S::AppointmentSet)]);
}

#[test]
fn a_client_may_be_contacted_and_a_lost_lead_may_not() {
    given::<Lead>([created(), converted(S::New)]).when(call()).then([contacted(S::Converted, S::Converted)]);
    given::<Lead>([created(), lost()]).when(call()).then_refused(LeadRefusal::Lost);
}

#[test]
fn a_score_of_forty_or_more_makes_a_lead_a_qualified_one() {
    given::<Lead>([created()]).when(scored(39)).then([qualified(39, Band::Cold, S::New, S::New)]);
    given::<Lead>([created()]).when(scored(40)).then([qualified(40, Band::Warm, S::New, S::Qualified)]);
    given::<Lead>([created(), contacted(S::New, S::Contacted)]).when(scored(70)).then([qualified(
        70,
        Band::Hot,
        S::Contacted,
        S::Qualified,
    )]);
}

#[test]
fn no_score_takes_a_step_back() {
    given::<Lead>([created(), appointment_set(HOUR, S::New)]).when(scored(90)).then([qualified(
        90,
        Band::Hot,
        S::AppointmentSet,
        S::AppointmentSet,
    )]);
    let again =
        given::<Lead>([created(), qualified(80, Band::Hot, S::New, S::Qualified)]).when(scored(10)).events();
    let [LeadEvent::Qualified(again)] = again.as_slice() else { panic!("one judgement: {again:?}") };
    assert_eq!((again.status, again.previous_score), (S::Qualified, Some(Score::clamped(80))));
}

#[test]
fn the_same_judgement_again_is_no_news_even_at_the_end() {
    let judged = [created(), qualified(80, Band::Hot, S::New, S::Qualified)];
    given::<Lead>(judged.into_iter().chain([converted(S::Qualified)])).when(scored(80)).then_nothing();
    given::<Lead>([created(), qualified(80, Band::Hot, S::New, S::Qualified)])
        .when(scored(80))
        .then_nothing();
}

#[test]
fn what_is_won_or_lost_is_not_judged_anew() {
    given::<Lead>([created(), converted(S::New)]).when(scored(80)).then_refused(LeadRefusal::Converted);
    given::<Lead>([created(), lost()]).when(scored(80)).then_refused(LeadRefusal::Lost);
}

#[test]
fn a_lead_is_hot_while_its_band_is_and_it_is_open() {
    let hot = || vec![created(), qualified(70, Band::Hot, S::New, S::Qualified)];
    let and_then = |event| lead(hot().into_iter().chain([event])).is_hot();
    assert!(lead(hot()).is_hot() && and_then(contacted(S::Qualified, S::Qualified)));
    assert!(!lead([created()]).is_hot());
    assert!(!and_then(archived()) && !and_then(converted(S::Qualified)) && !and_then(lost()));
}

#[test]
fn an_appointment_may_be_set_from_anywhere_and_moved() {
    given::<Lead>([created()]).when(meet(HOUR, None)).then([appointment_set(HOUR, S::New)]);
    let agreed = || given::<Lead>([created(), appointment_set(HOUR, S::New)]);
    agreed().when(meet(HOUR, None)).then_nothing();
    agreed().when(meet(DAY, None)).then([appointment_set(DAY, S::AppointmentSet)]);
}

#[test]
fn an_appointment_keeps_its_end_and_its_place() {
    let place = Place::try_new("12 Dolores Street").expect("a place");
    let wish = SetAppointment {
        starts_at: morning().plus_seconds(HOUR),
        ends_at: Some(morning().plus_seconds(2 * HOUR)),
        place: Some(place.clone()),
        at: morning(),
    };
    let news = given::<Lead>([created()]).when(LeadCommand::SetAppointment(wish)).events();
    let (starts_at, ends_at) = (morning().plus_seconds(HOUR), Some(morning().plus_seconds(2 * HOUR)));
    let lead = lead([created()].into_iter().chain(news));
    assert_eq!(lead.appointment, Some(Appointment { starts_at, ends_at, place: Some(place) }));
}

#[test]
fn an_appointment_ends_after_it_starts() {
    let refused = LeadRefusal::AppointmentEndsBeforeStart;
    given::<Lead>([created()]).when(meet(HOUR, Some(0))).then_refused(refused);
    given::<Lead>([created()]).when(meet(HOUR, Some(-1))).then_refused(refused);
    assert_eq!(given::<Lead>([created()]).when(meet(HOUR, Some(1))).events().len(), 1);
}

#[test]
fn an_appointment_can_be_entered_up_to_a_day_late() {
    given::<Lead>([created()]).when(meet(-DAY, None)).then([appointment_set(-DAY, S::New)]);
    given::<Lead>([created()]).when(meet(-DAY - 1, None)).then_refused(LeadRefusal::AppointmentInPast);
}

#[test]
fn what_is_won_or_lost_gets_no_appointment() {
    given::<Lead>([created(), converted(S::New)]).when(meet(HOUR, None)).then_refused(LeadRefusal::Converted);
    given::<Lead>([created(), lost()]).when(meet(HOUR, None)).then_refused(LeadRefusal::Lost);
}

#[test]
fn a_lead_is_converted_with_a_value_or_without() {
    given::<Lead>([created()]).when(convert(Some(100), Some("USD"))).then([converted(S::New)]);
    let unpriced =
        Converted { value_cents: None, currency: None, previous_status: S::New, score: None, at: morning() };
    given::<Lead>([created()]).when(convert(None, None)).then([unpriced.into()]);
}

#[test]
fn a_value_is_not_negative_and_comes_with_its_currency() {
    let refused = |value, currency, refusal| {
        given::<Lead>([created()]).when(convert(value, currency)).then_refused(refusal);
    };
    refused(Some(-1), Some("USD"), LeadRefusal::ValueNegative);
    refused(Some(100), None, LeadRefusal::CurrencyMissing);
    refused(None, Some("USD"), LeadRefusal::ValueMissing);
    assert_eq!(given::<Lead>([created()]).when(convert(Some(0), Some("USD"))).events().len(), 1);
}

#[test]
fn it_is_converted_once() {
    let won = || given::<Lead>([created(), converted(S::New)]);
    won().when(convert(Some(100), Some("USD"))).then_nothing();
    won().when(convert(Some(200), Some("USD"))).then_refused(LeadRefusal::Converted);
    won().when(convert(None, None)).then_refused(LeadRefusal::Converted);
}

#[test]
fn what_is_converted_is_not_lost_and_what_is_lost_is_not_converted() {
    given::<Lead>([created(), converted(S::New)])
        .when(lose("moved away"))
        .then_refused(LeadRefusal::Converted);
    given::<Lead>([created(), lost()]).when(convert(None, None)).then_refused(LeadRefusal::Lost);
}

#[test]
fn it_is_lost_once() {
    given::<Lead>([created()]).when(lose("moved away")).then([lost()]);
    given::<Lead>([created(), lost()]).when(lose("moved away")).then_nothing();
    given::<Lead>([created(), lost()]).when(lose("no answer")).then_refused(LeadRefusal::Lost);
}

fn any_wish() -> impl Strategy<Value = LeadCommand> {
    prop_oneof![
        Just(call()),
        (0..=100_i64).prop_map(scored),
        Just(answered(json!({"budget": 1, "timeline": "asap"}))),
        (-2 * DAY..2 * DAY).prop_map(|starts| meet(starts, None)),
        Just(convert(Some(100), Some("USD"))),
        Just(lose("moved away")),
        Just(LeadCommand::Archive { at: morning() }),
    ]
}

proptest! {
    #[test]
    fn whatever_is_wished_no_step_is_taken_back_and_each_event_tells_the_step(
        wishes in prop::collection::vec(any_wish(), 0..12),
    ) {
        let mut lead = lead([created()]);
        for wish in wishes {
            let before = lead.clone();
            for event in lead.decide(&wish).unwrap_or_default() {
                lead.evolve(&event);
                let told: Value = serde_json::from_str(&event.to_payload().expect("encodes")).expect("JSON");
                if let Some(previous) = told.get("previousStatus") {
                    prop_assert_eq!(previous, &json!(before.status));
                }
                if matches!(event, LeadEvent::Archived(_) | LeadEvent::Converted(_) | LeadEvent::Lost(_)) {
                    prop_assert_eq!(told.get("score").cloned(), before.score.map(|score| json!(score)));
                }
                if let Some(status) = told.get("status") {
                    prop_assert_eq!(status, &json!(lead.status));
                }
            }
            prop_assert!(lead.status >= before.status);
            prop_assert!(before.status.is_open() || lead.status == before.status);
            prop_assert!(!before.archived || lead == before);
        }
    }
}
