//! What holds whatever is asked, in whatever order.

use proptest::prelude::*;
use serde_json::json;

use super::quality::turn;
use super::transcript::{add, said};
use super::{ADA, FIRST, GRACE, SECOND, after, end, intake, start};
use crate::aggregate::Decide;
use crate::call::{Call, CallCommand, CallEvent, CallStatus, Outcome, Phase};

fn any_command() -> impl Strategy<Value = CallCommand> {
    use CallCommand as C;
    let phase = prop::sample::select(vec![
        Phase::Greeting,
        Phase::Intake,
        Phase::Clarification,
        Phase::Escalation,
        Phase::Completed,
    ]);
    let outcome = prop::sample::select(vec![
        Outcome::Completed,
        Outcome::Escalated,
        Outcome::Voicemail,
        Outcome::NoAnswer,
        Outcome::Abandoned,
    ]);
    prop_oneof![
        2 => Just(C::Connect { at: after(10) }),
        6 => (0..200_000_u32, 0..5_000_u32).prop_map(|(start, length)| add([said(start, start + length)])),
        4 => phase.prop_map(|phase| C::SetPhase { phase, at: after(15) }),
        4 => (0..3_u8, 0..3_u8, prop::bool::weighted(0.1))
            .prop_map(|(key, value, is_final)| intake(json!({ key.to_string(): value }), is_final)),
        6 => (0..700_000_u32, prop::option::of(0.0..=1.0))
            .prop_map(|(ms, share)| C::RecordQuality(turn(ms, share, 2))),
        2 => prop::sample::select(vec![ADA, GRACE]).prop_map(|lead_id| C::LinkLead { lead_id, at: after(15) }),
        1 => prop::sample::select(vec![FIRST, SECOND])
            .prop_map(|escalation_id| C::Escalate { escalation_id, at: after(30) }),
        1 => outcome.prop_map(end),
        1 => Just(C::Cancel { at: after(70) }),
        1 => Just(start()),
    ]
}

/// The call after all commands, and what happened to it.
fn run(commands: &[CallCommand]) -> (Call, Vec<CallEvent>) {
    let mut call = Call::default();
    let mut history = Vec::new();
    for command in [start()].iter().chain(commands) {
        for event in call.decide(command).unwrap_or_default() {
            call.evolve(&event);
            history.push(event);
        }
    }
    (call, history)
}

/// The state as a snapshot gives it back.
fn restored(call: &Call) -> Call {
    serde_json::from_str(&serde_json::to_string(call).expect("JSON")).expect("reads back")
}

proptest! {
    #[test]
    fn a_command_that_succeeded_and_can_be_repeated_is_already_so(
        commands in prop::collection::vec(any_command(), 0..40),
        last in any_command(),
    ) {
        use CallCommand as C;
        prop_assume!(!matches!(last, C::Start(_) | C::AddSegments { .. } | C::RecordQuality(_)));
        let (mut call, _) = run(&commands);
        if let Ok(events) = call.decide(&last) {
            events.iter().for_each(|event| call.evolve(event));
            prop_assert_eq!(call.decide(&last), Ok(vec![]));
        }
    }

    #[test]
    fn a_snapshot_gives_back_the_state_to_the_last_digit(
        commands in prop::collection::vec(any_command(), 0..40),
    ) {
        let (call, _) = run(&commands);
        prop_assert_eq!(&restored(&call), &call);
    }

    #[test]
    fn events_end_with_the_end(commands in prop::collection::vec(any_command(), 0..40)) {
        let (call, history) = run(&commands);
        let is_end = |event: &CallEvent| matches!(event, CallEvent::Ended(_) | CallEvent::Cancelled(_));
        let end = history.iter().position(is_end);
        prop_assert_eq!(end.is_none(), call.status == CallStatus::Active);
        prop_assert!(end.is_none_or(|at| at + 1 == history.len()));
    }

    #[test]
    fn every_segment_has_its_own_index(commands in prop::collection::vec(any_command(), 0..40)) {
        let (call, history) = run(&commands);
        let mut next = 0;
        for event in &history {
            if let CallEvent::TranscriptAdded(added) = event {
                prop_assert_eq!(added.first_index, next);
                next += u32::try_from(added.segments.len()).expect("a hundred at most");
            }
        }
        prop_assert_eq!(call.segment_count, next);
    }
}
