use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CallStatus, Direction, Outcome, Phase, Segment, StageName};
use crate::event::Upcast;
use crate::ids::{AgentId, CallId, EscalationId, LeadId, PermitId, TenantId};
use crate::values::{JsonObject, Phone, Purpose, Ratio, Summary, Timestamp};

crate::events! {
    /// What can happen to a call.
    pub enum CallEvent {
        /// The line rings.
        Started(Started) = "call.started" v 1,
        /// Somebody picked up.
        Connected(Connected) = "call.connected" v 1,
        /// Something was said.
        TranscriptAdded(TranscriptAdded) = "call.transcript_added" v 1,
        /// The conversation moved on.
        PhaseChanged(PhaseChanged) = "call.phase_changed" v 1,
        /// The person told us something.
        IntakeRecorded(IntakeRecorded) = "call.intake_recorded" v 1,
        /// One turn of the agent was measured.
        QualityRecorded(QualityRecorded) = "call.quality_recorded" v 1,
        /// It is known which lead the person is.
        LeadLinked(LeadLinked) = "call.lead_linked" v 1,
        /// A human was called for; the line stays open.
        Escalated(Escalated) = "call.escalated" v 1,
        /// The line is closed.
        Ended(Ended) = "call.ended" v 1,
        /// An active call was given up: it is failed now, its outcome abandoned.
        Cancelled(Cancelled) = "call.cancelled" v 1,
    }
}

impl Upcast for CallEvent {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Started {
    pub call_id: CallId,
    pub organization_id: TenantId,
    pub phone_number: Phone,
    pub direction: Direction,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<LeadId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permit_id: Option<PermitId>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    /// The agent of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TranscriptAdded {
    /// Place of the first of these segments in the whole transcript, counted from 0.
    pub first_index: u32,
    pub segments: Vec<Segment>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseChanged {
    pub from: Phase,
    pub to: Phase,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntakeRecorded {
    /// The patch, not the whole: merge it into what came before.
    pub data: JsonObject,
    #[serde(rename = "final")]
    pub is_final: bool,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QualityRecorded {
    /// The agent of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    pub response_time_ms: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcription_accuracy: Option<Ratio>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_confidence: Option<Ratio>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audio_quality_score: Option<Ratio>,
    /// Milliseconds per stage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stages: BTreeMap<StageName, u32>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadLinked {
    pub lead_id: LeadId,
    /// The lead it was linked to before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<LeadId>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Escalated {
    pub escalation_id: EscalationId,
    /// The agent of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// The agent of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    pub outcome: Outcome,
    pub previous_status: CallStatus,
    pub status: CallStatus,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// Whole seconds from connect to end; 0 where nobody picked up.
    pub duration_seconds: i64,
    /// Whether somebody picked up.
    pub connected: bool,
    /// The escalation it had before it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation_id: Option<EscalationId>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cancelled {
    /// The agent of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<AgentId>,
    /// Whole seconds from connect to end; 0 where nobody picked up.
    pub duration_seconds: i64,
    /// Whether somebody picked up.
    pub connected: bool,
    pub at: Timestamp,
}
