//! How a call ends, and what is refused afterwards.

use std::collections::BTreeMap;

use serde_json::json;

use super::transcript::{add, said};
use super::{
    ADA, AGENT, FIRST, SECOND, after, after_all, connected, end, ended, escalated, intake, news_of_end, over,
    started,
};
use crate::call::{
    Call, CallCommand, CallEvent, CallRefusal, CallStatus, Cancelled, EndCall, Ended, IntakeRecorded,
    LeadLinked, Outcome, Phase, RecordQuality,
};
use crate::spec::given;
use crate::values::Summary;

fn cancel() -> CallCommand {
    CallCommand::Cancel { at: after(70) }
}

fn cancelled() -> CallEvent {
    Cancelled { agent_id: Some(AGENT), duration_seconds: 60, connected: true, at: after(70) }.into()
}

fn cancelled_unanswered() -> CallEvent {
    Cancelled { agent_id: Some(AGENT), duration_seconds: 0, connected: false, at: after(70) }.into()
}

/// The end of a call that had an escalation.
fn with_escalation(outcome: Outcome, status: CallStatus) -> CallEvent {
    Ended { escalation_id: Some(FIRST), ..news_of_end(outcome, status) }.into()
}

#[test]
fn its_status_follows_from_the_outcome() {
    for (outcome, status) in [
        (Outcome::Completed, CallStatus::Completed),
        (Outcome::Voicemail, CallStatus::Completed),
        (Outcome::Escalated, CallStatus::Escalated),
        (Outcome::Failed, CallStatus::Failed),
        (Outcome::NoAnswer, CallStatus::Failed),
        (Outcome::Busy, CallStatus::Failed),
        (Outcome::Abandoned, CallStatus::Failed),
        (Outcome::Refused, CallStatus::Failed),
    ] {
        given::<Call>([started(), connected()]).when(end(outcome)).then([ended(outcome, status)]);
    }
}

#[test]
fn an_escalated_call_that_completes_ends_as_escalated() {
    given::<Call>([started(), connected(), escalated()])
        .when(end(Outcome::Completed))
        .then([with_escalation(Outcome::Completed, CallStatus::Escalated)]);
    given::<Call>([started(), connected(), escalated()])
        .when(end(Outcome::Failed))
        .then([with_escalation(Outcome::Failed, CallStatus::Failed)]);
}

#[test]
fn a_call_handed_over_counts_as_escalated_without_an_escalation() {
    let call = after_all([started(), connected(), ended(Outcome::Escalated, CallStatus::Escalated)]);
    assert!(call.escalated);
    assert_eq!(call.escalation_id, None);
}

#[test]
fn only_a_connected_call_completes() {
    given::<Call>([started()]).when(end(Outcome::Completed)).then_refused(CallRefusal::NotConnected);
}

#[test]
fn a_call_nobody_answered_lasted_no_time() {
    given::<Call>([started()]).when(end(Outcome::NoAnswer)).then([Ended {
        duration_seconds: 0,
        connected: false,
        ..news_of_end(Outcome::NoAnswer, CallStatus::Failed)
    }
    .into()]);
}

#[test]
fn a_clock_that_went_back_makes_no_negative_duration() {
    let early = EndCall { outcome: Outcome::Completed, summary: None, at: after(5) };
    let events = given::<Call>([started(), connected()]).when(CallCommand::End(early)).events();
    assert!(matches!(&events[..], [CallEvent::Ended(ended)] if ended.duration_seconds == 0));
}

#[test]
fn the_summary_stays_with_the_call() {
    let summary = Summary::try_new("wants a viewing on Friday").ok();
    let end = EndCall { outcome: Outcome::Completed, summary: summary.clone(), at: after(70) };
    let events = given::<Call>([started(), connected()]).when(CallCommand::End(end)).events();
    let call = after_all([started(), connected()].into_iter().chain(events));
    assert_eq!((call.summary, call.duration_seconds, call.ended_at), (summary, Some(60), Some(after(70))));
}

#[test]
fn it_ends_once() {
    given::<Call>([started(), connected(), over()]).when(end(Outcome::Completed)).then_nothing();
    given::<Call>([started(), connected(), over()])
        .when(end(Outcome::Failed))
        .then_refused(CallRefusal::Ended);
}

#[test]
fn a_cancelled_call_is_failed_and_abandoned() {
    given::<Call>([started()]).when(cancel()).then([cancelled_unanswered()]);
    given::<Call>([started(), connected()]).when(cancel()).then([cancelled()]);
    let call = after_all([started(), connected(), escalated(), cancelled()]);
    assert_eq!((call.status, call.outcome), (CallStatus::Failed, Some(Outcome::Abandoned)));
    assert_eq!((call.ended_at, call.duration_seconds), (Some(after(70)), Some(60)));
}

#[test]
fn only_an_active_call_is_cancelled() {
    given::<Call>([started(), cancelled_unanswered()]).when(cancel()).then_nothing();
    given::<Call>([started(), cancelled_unanswered()]).when(end(Outcome::Abandoned)).then_nothing();
    given::<Call>([started(), connected(), over()]).when(cancel()).then_refused(CallRefusal::Ended);
}

#[test]
fn an_ended_call_takes_nothing_new() {
    let quality = RecordQuality {
        response_time_ms: 400,
        transcription_accuracy: None,
        intent_confidence: None,
        audio_quality_score: None,
        stages: BTreeMap::new(),
        at: after(80),
    };
    for command in [
        add([said(0, 10)]),
        CallCommand::SetPhase { phase: Phase::Completed, at: after(80) },
        intake(json!({"budget": 1}), false),
        CallCommand::RecordQuality(quality),
        CallCommand::LinkLead { lead_id: ADA, at: after(80) },
        CallCommand::Escalate { escalation_id: FIRST, at: after(80) },
    ] {
        given::<Call>([started(), connected(), over()]).when(command).then_refused(CallRefusal::Ended);
    }
    let unanswered = [started(), cancelled_unanswered()];
    given::<Call>(unanswered).when(CallCommand::Connect { at: after(80) }).then_refused(CallRefusal::Ended);
}

#[test]
fn repeats_succeed_even_when_the_call_is_over() {
    let data = super::object(json!({"budget": 1}));
    let history = || {
        [
            started(),
            connected(),
            escalated(),
            LeadLinked { lead_id: ADA, previous: None, at: after(40) }.into(),
            IntakeRecorded { data: data.clone(), is_final: true, at: after(50) }.into(),
            with_escalation(Outcome::Completed, CallStatus::Escalated),
        ]
    };
    for repeat in [
        CallCommand::Connect { at: after(80) },
        CallCommand::Escalate { escalation_id: FIRST, at: after(80) },
        CallCommand::SetPhase { phase: Phase::Escalation, at: after(80) },
        CallCommand::LinkLead { lead_id: ADA, at: after(80) },
        intake(json!({"budget": 1}), true),
    ] {
        given::<Call>(history()).when(repeat).then_nothing();
    }
    given::<Call>(history())
        .when(CallCommand::Escalate { escalation_id: SECOND, at: after(80) })
        .then_refused(CallRefusal::Ended);
}
