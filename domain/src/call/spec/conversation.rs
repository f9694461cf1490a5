//! Phases, intake, lead and escalation.

use serde_json::json;

use super::{ADA, FIRST, GRACE, SECOND, after, after_all, connected, escalated, intake, object, started};
use crate::call::{
    Call, CallCommand, CallEvent, CallRefusal, CallStatus, IntakeRecorded, LeadLinked, Phase, PhaseChanged,
};
use crate::spec::given;

const PHASES: [Phase; 5] =
    [Phase::Greeting, Phase::Intake, Phase::Clarification, Phase::Escalation, Phase::Completed];

fn moved(from: Phase, to: Phase) -> CallEvent {
    PhaseChanged { from, to, at: after(15) }.into()
}

fn recorded(data: serde_json::Value, is_final: bool) -> CallEvent {
    IntakeRecorded { data: object(data), is_final, at: after(20) }.into()
}

#[test]
fn the_phase_moves_forward_and_only_clarification_goes_back_to_intake() {
    for (i, from) in PHASES.into_iter().enumerate() {
        for (j, to) in PHASES.into_iter().enumerate() {
            let call = given::<Call>([started(), moved(Phase::Greeting, from)]);
            let outcome = call.when(CallCommand::SetPhase { phase: to, at: after(15) });
            if i == j {
                outcome.then_nothing();
            } else if i < j || (from, to) == (Phase::Clarification, Phase::Intake) {
                outcome.then([moved(from, to)]);
            } else {
                outcome.then_refused(CallRefusal::PhaseOrder);
            }
        }
    }
}

#[test]
fn intake_grows_patch_by_patch_and_later_keys_win() {
    let first = recorded(json!({"budget": 400_000, "areas": ["Mission"]}), false);
    given::<Call>([started(), first.clone()])
        .when(intake(json!({"budget": 450_000}), false))
        .then([recorded(json!({"budget": 450_000}), false)]);
    let call = after_all([started(), first, recorded(json!({"budget": 450_000}), false)]);
    let known = call.intake.expect("there is an intake");
    assert_eq!(known.data, object(json!({"budget": 450_000, "areas": ["Mission"]})));
    assert!(!known.is_final);
}

#[test]
fn the_same_intake_again_changes_nothing() {
    let history = || [started(), recorded(json!({"budget": 1, "areas": []}), false)];
    given::<Call>(history()).when(intake(json!({"budget": 1}), false)).then_nothing();
    given::<Call>(history()).when(intake(json!({}), false)).then_nothing();
    given::<Call>(history())
        .when(intake(json!({"budget": 1}), true))
        .then([recorded(json!({"budget": 1}), true)]);
}

#[test]
fn a_final_intake_takes_no_further_data() {
    let history = || [started(), recorded(json!({"budget": 1}), true)];
    given::<Call>(history()).when(intake(json!({"budget": 2}), false)).then_refused(CallRefusal::IntakeFinal);
    given::<Call>(history()).when(intake(json!({"budget": 1}), true)).then_nothing();
    given::<Call>(history()).when(intake(json!({"budget": 1}), false)).then_nothing();
}

#[test]
fn intake_stays_within_its_size_however_many_patches_come() {
    let half = "x".repeat(40_000);
    given::<Call>([started(), recorded(json!({"a": half}), false)])
        .when(intake(json!({"b": half}), false))
        .then_refused(CallRefusal::IntakeTooLarge);
    let replaced = given::<Call>([started(), recorded(json!({"a": half}), false)])
        .when(intake(json!({"a": "y".repeat(40_000)}), false));
    assert_eq!(replaced.events().len(), 1);
}

#[test]
fn another_lead_replaces_the_first() {
    let linked = |lead_id, previous| LeadLinked { lead_id, previous, at: after(15) }.into();
    let link = |lead_id| CallCommand::LinkLead { lead_id, at: after(15) };
    given::<Call>([started()]).when(link(ADA)).then([linked(ADA, None)]);
    given::<Call>([started(), linked(ADA, None)]).when(link(ADA)).then_nothing();
    given::<Call>([started(), linked(ADA, None)]).when(link(GRACE)).then([linked(GRACE, Some(ADA))]);
}

#[test]
fn an_escalated_call_stays_active_while_the_line_is_open() {
    let call = after_all([started(), connected(), escalated()]);
    assert_eq!(call.status, CallStatus::Active);
    assert_eq!(call.phase, Phase::Escalation);
    assert!(call.escalated);
    assert_eq!(call.escalation_id, Some(FIRST));
}

#[test]
fn it_is_escalated_once() {
    let escalate = |escalation_id| CallCommand::Escalate { escalation_id, at: after(30) };
    given::<Call>([started()]).when(escalate(FIRST)).then([escalated()]);
    given::<Call>([started(), escalated()]).when(escalate(FIRST)).then_nothing();
    given::<Call>([started(), escalated()])
        .when(escalate(SECOND))
        .then_refused(CallRefusal::AlreadyEscalated);
}

#[test]
fn a_finished_conversation_can_still_be_escalated_and_stays_finished() {
    let call = after_all([started(), moved(Phase::Greeting, Phase::Completed), escalated()]);
    assert_eq!((call.phase, call.escalated), (Phase::Completed, true));
}
