use uuid::Uuid;

use super::{
    Acknowledged, Assigned, Cancelled, Connected, Escalation, EscalationCommand, EscalationEvent,
    EscalationRefusal, Priority, Raise, Raised, Resolved, TimedOut, Trigger,
};
use crate::ids::{CallId, EscalationId, TenantId, UserId};
use crate::spec::{given, morning};
use crate::values::Reason;

const ADA: UserId = UserId(Uuid::from_u128(11));
const GRACE: UserId = UserId(Uuid::from_u128(12));

fn because(words: &str) -> Reason {
    Reason::try_new(words).expect("a reason")
}

fn raise(trigger: Trigger, priority: Option<Priority>) -> EscalationCommand {
    EscalationCommand::Raise(Raise {
        escalation_id: EscalationId(Uuid::from_u128(1)),
        organization_id: TenantId(Uuid::from_u128(2)),
        call_id: CallId(Uuid::from_u128(3)),
        trigger,
        priority,
        reason: because("caller asked for a person"),
        at: morning(),
    })
}

fn raised(trigger: Trigger, priority: Priority) -> EscalationEvent {
    Raised {
        escalation_id: EscalationId(Uuid::from_u128(1)),
        organization_id: TenantId(Uuid::from_u128(2)),
        call_id: CallId(Uuid::from_u128(3)),
        trigger,
        priority,
        reason: because("caller asked for a person"),
        due_at: morning().plus_seconds(priority.seconds_to_acknowledge()),
        at: morning(),
    }
    .into()
}

fn wish() -> EscalationEvent {
    raised(Trigger::ExplicitRequest, Priority::High)
}

fn acknowledged() -> EscalationEvent {
    Acknowledged { by: ADA, waited_seconds: 0, at: morning() }.into()
}

fn connected() -> EscalationEvent {
    Connected { by: ADA, waited_seconds: Some(0), at: morning() }.into()
}

fn resolved() -> EscalationEvent {
    Resolved { resolution: because("called back"), by: ADA, at: morning() }.into()
}

fn resolve() -> EscalationCommand {
    EscalationCommand::Resolve { resolution: because("called back"), by: ADA, at: morning() }
}

#[test]
fn an_emergency_is_critical_and_due_within_a_minute() {
    given::<Escalation>([])
        .when(raise(Trigger::EmergencyKeyword, None))
        .then([raised(Trigger::EmergencyKeyword, Priority::Critical)]);
}

#[test]
fn a_chosen_priority_beats_that_of_the_trigger() {
    given::<Escalation>([])
        .when(raise(Trigger::Sentiment, Some(Priority::High)))
        .then([raised(Trigger::Sentiment, Priority::High)]);
}

#[test]
fn it_is_raised_once() {
    given::<Escalation>([wish()])
        .when(raise(Trigger::ExplicitRequest, None))
        .then_refused(EscalationRefusal::AlreadyRaised);
}

#[test]
fn nothing_can_be_done_with_what_was_never_raised() {
    given::<Escalation>([]).when(resolve()).then_refused(EscalationRefusal::NotFound);
}

#[test]
fn acknowledging_twice_is_a_success_that_changes_nothing() {
    let acknowledge = EscalationCommand::Acknowledge { by: ADA, at: morning() };
    given::<Escalation>([wish()]).when(acknowledge.clone()).then([acknowledged()]);
    given::<Escalation>([wish(), acknowledged()]).when(acknowledge).then_nothing();
}

#[test]
fn it_can_change_hands_until_a_human_is_on_the_line() {
    let assigned = |to, waited_seconds| Assigned { to, waited_seconds, at: morning() }.into();
    let assign = |to| EscalationCommand::Assign { to, at: morning() };
    given::<Escalation>([wish(), assigned(ADA, Some(0))]).when(assign(GRACE)).then([assigned(GRACE, None)]);
    given::<Escalation>([wish(), assigned(ADA, Some(0))]).when(assign(ADA)).then_nothing();
    given::<Escalation>([wish(), connected()])
        .when(assign(GRACE))
        .then_refused(EscalationRefusal::AlreadyConnected);
}

#[test]
fn the_first_notice_tells_how_long_it_waited() {
    let later = morning().plus_seconds(42);
    let waited = |history: Vec<EscalationEvent>, command| match given::<Escalation>(history)
        .when(command)
        .events()
        .as_slice()
    {
        [EscalationEvent::Acknowledged(e)] => Some(e.waited_seconds),
        [EscalationEvent::Assigned(e)] => e.waited_seconds,
        [EscalationEvent::Connected(e)] => e.waited_seconds,
        events => panic!("one step: {events:?}"),
    };
    let connect = || EscalationCommand::Connect { by: ADA, at: later };
    assert_eq!(waited(vec![wish()], EscalationCommand::Acknowledge { by: ADA, at: later }), Some(42));
    assert_eq!(waited(vec![wish()], EscalationCommand::Assign { to: ADA, at: later }), Some(42));
    assert_eq!(waited(vec![wish()], connect()), Some(42));
    assert_eq!(waited(vec![wish(), acknowledged()], connect()), None);
}

#[test]
fn a_human_may_connect_at_once() {
    given::<Escalation>([wish()])
        .when(EscalationCommand::Connect { by: ADA, at: morning() })
        .then([connected()]);
}

#[test]
fn it_is_resolved_once() {
    given::<Escalation>([wish(), connected()]).when(resolve()).then([resolved()]);
    given::<Escalation>([wish(), resolved()]).when(resolve()).then_refused(EscalationRefusal::Closed);
}

#[test]
fn what_is_cancelled_stays_cancelled() {
    let cancelled = Cancelled { reason: because("a mistake"), by: ADA, at: morning() };
    given::<Escalation>([wish(), cancelled.into()]).when(resolve()).then_refused(EscalationRefusal::Closed);
}

#[test]
fn it_times_out_only_when_due_and_unseen() {
    let time_out = |seconds| EscalationCommand::TimeOut { at: morning().plus_seconds(seconds) };
    given::<Escalation>([wish()]).when(time_out(299)).then_refused(EscalationRefusal::NotDue);
    given::<Escalation>([wish()])
        .when(time_out(300))
        .then([TimedOut { at: morning().plus_seconds(300) }.into()]);
    given::<Escalation>([wish(), acknowledged()])
        .when(time_out(300))
        .then_refused(EscalationRefusal::AlreadyAcknowledged);
}
