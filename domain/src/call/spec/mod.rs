//! The rules of a call, one sentence each; what is shared between them stands here.

mod conversation;
mod ending;
mod line;
mod quality;
mod transcript;
mod whatever;

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Call, CallCommand, CallEvent, CallStatus, Connected, Direction, EndCall, Ended, Escalated, Outcome,
    StartCall, Started,
};
use crate::aggregate::Decide;
use crate::ids::{AgentId, CallId, EscalationId, LeadId, PermitId, TenantId};
use crate::spec::morning;
use crate::values::{JsonObject, Phone, Purpose, Timestamp};

const AGENT: AgentId = AgentId(Uuid::from_u128(3));
const ADA: LeadId = LeadId(Uuid::from_u128(21));
const GRACE: LeadId = LeadId(Uuid::from_u128(22));
const FIRST: EscalationId = EscalationId(Uuid::from_u128(31));
const SECOND: EscalationId = EscalationId(Uuid::from_u128(32));

fn phone() -> Phone {
    Phone::try_new("+14155552671").expect("a number")
}

/// A moment after the call started.
fn after(seconds: i64) -> Timestamp {
    morning().plus_seconds(seconds)
}

fn start() -> CallCommand {
    CallCommand::Start(StartCall {
        call_id: CallId(Uuid::from_u128(1)),
        organization_id: TenantId(Uuid::from_u128(2)),
        phone_number: phone(),
        direction: Direction::Outbound,
        agent_id: Some(AGENT),
        lead_id: None,
        purpose: Some(Purpose::Marketing),
        permit_id: Some(PermitId(Uuid::from_u128(4))),
        at: morning(),
    })
}

fn started() -> CallEvent {
    Started {
        call_id: CallId(Uuid::from_u128(1)),
        organization_id: TenantId(Uuid::from_u128(2)),
        phone_number: phone(),
        direction: Direction::Outbound,
        agent_id: Some(AGENT),
        lead_id: None,
        purpose: Some(Purpose::Marketing),
        permit_id: Some(PermitId(Uuid::from_u128(4))),
        at: morning(),
    }
    .into()
}

/// Somebody picked up ten seconds after the start.
fn connected() -> CallEvent {
    Connected { agent_id: Some(AGENT), at: after(10) }.into()
}

fn escalated() -> CallEvent {
    Escalated { escalation_id: FIRST, agent_id: Some(AGENT), at: after(30) }.into()
}

fn end(outcome: Outcome) -> CallCommand {
    CallCommand::End(EndCall { outcome, summary: None, at: after(70) })
}

/// The end of a connected call after a minute of talk.
fn ended(outcome: Outcome, status: CallStatus) -> CallEvent {
    news_of_end(outcome, status).into()
}

fn news_of_end(outcome: Outcome, status: CallStatus) -> Ended {
    Ended {
        agent_id: Some(AGENT),
        outcome,
        previous_status: CallStatus::Active,
        status,
        summary: None,
        duration_seconds: 60,
        connected: true,
        escalation_id: None,
        at: after(70),
    }
}

fn over() -> CallEvent {
    ended(Outcome::Completed, CallStatus::Completed)
}

fn object(value: Value) -> JsonObject {
    serde_json::from_value(value).expect("an object")
}

fn intake(data: Value, is_final: bool) -> CallCommand {
    CallCommand::RecordIntake { data: object(data), is_final, at: after(20) }
}

fn after_all(history: impl IntoIterator<Item = CallEvent>) -> Call {
    let mut call = Call::default();
    history.into_iter().for_each(|event| call.evolve(&event));
    call
}

#[test]
fn it_reads_as_the_contract_says() {
    let shown = serde_json::to_value(after_all([started()])).expect("JSON");
    assert_eq!(
        shown,
        json!({
            "id": "00000000-0000-0000-0000-000000000001",
            "organizationId": "00000000-0000-0000-0000-000000000002",
            "leadId": null,
            "agentId": "00000000-0000-0000-0000-000000000003",
            "phoneNumber": "+14155552671",
            "direction": "outbound",
            "purpose": "marketing",
            "permitId": "00000000-0000-0000-0000-000000000004",
            "status": "active",
            "phase": "greeting",
            "startedAt": "2026-11-24T15:00:00.000Z",
            "connectedAt": null,
            "endedAt": null,
            "durationSeconds": null,
            "outcome": null,
            "escalated": false,
            "escalationId": null,
            "intake": null,
            "qualityMetrics": null,
            "summary": null,
            "segmentCount": 0,
            "lastSegment": null,
            "version": 1,
        })
    );
}
