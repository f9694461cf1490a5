use std::collections::BTreeMap;

use super::{Direction, Outcome, Phase, Segment, StageName};
use crate::ids::{AgentId, CallId, EscalationId, LeadId, PermitId, TenantId};
use crate::values::{JsonObject, Phone, Purpose, Ratio, Summary, Timestamp};

/// What can be asked of a call.
#[derive(Debug, Clone)]
pub enum CallCommand {
    /// Begin it: the line rings.
    Start(StartCall),
    /// Note that somebody picked up.
    Connect { at: Timestamp },
    /// Add what was said, in order: 1 to 100 segments.
    AddSegments { segments: Vec<Segment>, at: Timestamp },
    /// Move the conversation on.
    SetPhase { phase: Phase, at: Timestamp },
    /// Merge what the person told into what is known; a final patch closes the intake.
    RecordIntake { data: JsonObject, is_final: bool, at: Timestamp },
    /// Note how well one turn of the agent went.
    RecordQuality(RecordQuality),
    /// Say which lead the person is.
    LinkLead { lead_id: LeadId, at: Timestamp },
    /// Note that a human was called for.
    Escalate { escalation_id: EscalationId, at: Timestamp },
    /// Close it with what it came to.
    End(EndCall),
    /// Give it up.
    Cancel { at: Timestamp },
}

/// See [`CallCommand::Start`].
#[derive(Debug, Clone)]
pub struct StartCall {
    pub call_id: CallId,
    pub organization_id: TenantId,
    /// The person's number, whoever called.
    pub phone_number: Phone,
    pub direction: Direction,
    pub agent_id: Option<AgentId>,
    pub lead_id: Option<LeadId>,
    pub purpose: Option<Purpose>,
    /// The permit that allowed it.
    pub permit_id: Option<PermitId>,
    pub at: Timestamp,
}

/// See [`CallCommand::RecordQuality`].
#[derive(Debug, Clone)]
pub struct RecordQuality {
    /// From the end of the person's words to the first sound of the answer, at most ten minutes.
    pub response_time_ms: u32,
    pub transcription_accuracy: Option<Ratio>,
    pub intent_confidence: Option<Ratio>,
    pub audio_quality_score: Option<Ratio>,
    /// Where the time went, in milliseconds per stage; at most 20 stages.
    pub stages: BTreeMap<StageName, u32>,
    pub at: Timestamp,
}

impl RecordQuality {
    /// The longest response time that is one, in milliseconds.
    pub const MAX_RESPONSE_TIME_MS: u32 = 600_000;
    /// The most stages one turn may be divided into.
    pub const MAX_STAGES: usize = 20;
}

/// See [`CallCommand::End`].
#[derive(Debug, Clone)]
pub struct EndCall {
    pub outcome: Outcome,
    pub summary: Option<Summary>,
    pub at: Timestamp,
}
