//! Events as people read them.

use seiketsu_domain::call::{CallEvent, Direction, Ended, IntakeRecorded, Outcome, Phase};
use seiketsu_domain::catalogue::Fact;
use seiketsu_domain::escalation::{EscalationEvent, Priority, Raised, Trigger};
use serde_json::json;

use crate::read_models::timeline::small_data;

/// What belongs to an event beyond its title: its data, or how many segments where it holds a transcript.
pub(super) fn data(fact: &Fact) -> Result<Option<String>, serde_json::Error> {
    if let Fact::Call(CallEvent::TranscriptAdded(added)) = fact {
        let summary = json!({ "firstIndex": added.first_index, "segmentCount": added.segments.len() });
        return Ok(Some(summary.to_string()));
    }
    small_data(fact)
}

/// One sentence about an event of a call.
pub(in crate::read_models) fn call(event: &CallEvent) -> String {
    use CallEvent as E;
    match event {
        E::Started(started) => match started.direction {
            Direction::Inbound => "An inbound call rings".into(),
            Direction::Outbound => "An outbound call rings".into(),
        },
        E::Connected(_) => "Somebody picked up".into(),
        E::TranscriptAdded(added) => match added.segments.len() {
            1 => "One segment was added to the transcript".into(),
            count => format!("{count} segments were added to the transcript"),
        },
        E::PhaseChanged(changed) => format!("The conversation moved on to {}", phase(changed.to)),
        E::IntakeRecorded(recorded) => intake(recorded).into(),
        E::QualityRecorded(turn) => format!("The agent answered after {} ms", turn.response_time_ms),
        E::LeadLinked(linked) => match linked.previous {
            Some(_) => "The call was linked to another lead".into(),
            None => "The call was linked to a lead".into(),
        },
        E::Escalated(_) => "A human was called for".into(),
        E::Ended(ended) => end(ended),
        E::Cancelled(_) => "The call was cancelled".into(),
    }
}

fn intake(recorded: &IntakeRecorded) -> &'static str {
    if recorded.is_final { "The intake was completed" } else { "The person told something for the intake" }
}

fn end(ended: &Ended) -> String {
    let outcome = match ended.outcome {
        Outcome::Completed => "as completed",
        Outcome::Failed => "as failed",
        Outcome::Escalated => "in the hands of a human",
        Outcome::NoAnswer => "without an answer",
        Outcome::Voicemail => "in the voicemail",
        Outcome::Busy => "on a busy line",
        Outcome::Abandoned => "as abandoned",
        Outcome::Refused => "because the person did not want to talk",
    };
    if ended.connected {
        format!("The call ended {outcome} after {} s", ended.duration_seconds)
    } else {
        format!("The call ended {outcome}")
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Greeting => "greeting",
        Phase::Intake => "intake",
        Phase::Clarification => "clarification",
        Phase::Escalation => "escalation",
        Phase::Completed => "its end",
    }
}

/// One sentence about an event of an escalation.
pub(super) fn escalation(event: &EscalationEvent) -> String {
    use EscalationEvent as E;
    match event {
        E::Raised(raised) => raise(raised),
        E::Acknowledged(_) => "Somebody has seen the escalation".into(),
        E::Assigned(_) => "The escalation was assigned".into(),
        E::Connected(_) => "A human joined the call".into(),
        E::Resolved(_) => "The escalation was resolved".into(),
        E::Cancelled(_) => "The escalation was withdrawn".into(),
        E::TimedOut(_) => "Nobody acknowledged the escalation in time".into(),
    }
}

fn raise(raised: &Raised) -> String {
    let priority = match raised.priority {
        Priority::Critical => "A critical",
        Priority::High => "A high-priority",
        Priority::Normal => "A normal",
    };
    let trigger = match raised.trigger {
        Trigger::EmergencyKeyword => "an emergency keyword",
        Trigger::HighPriorityKeyword => "a high-priority keyword",
        Trigger::ExplicitRequest => "the person asked for a human",
        Trigger::Uncertainty => "the agent was not sure",
        Trigger::Override => "somebody stepped in",
        Trigger::Sentiment => "the mood of the call",
    };
    format!("{priority} escalation was raised: {trigger}")
}
