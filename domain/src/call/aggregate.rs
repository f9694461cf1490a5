use serde::{Deserialize, Serialize};

use super::{
    CallCommand, CallEvent, CallRefusal, CallStatus, Cancelled, Connected, Direction, EndCall, Ended,
    Escalated, Intake, IntakeRecorded, LeadLinked, Outcome, Phase, PhaseChanged, QualityMetrics,
    QualityRecorded, RecordQuality, Segment, SegmentTimes, StartCall, Started, TranscriptAdded, segment,
};
use crate::aggregate::Decide;
use crate::ids::{AgentId, CallId, EscalationId, LeadId, PermitId, TenantId};
use crate::values::{JsonObject, Phone, Purpose, Summary, Timestamp};

/// A call, as decided on and as shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Call {
    pub id: CallId,
    pub organization_id: TenantId,
    pub lead_id: Option<LeadId>,
    pub agent_id: Option<AgentId>,
    /// The person's number, whoever called.
    pub phone_number: Option<Phone>,
    pub direction: Direction,
    pub purpose: Option<Purpose>,
    /// The permit that allowed it.
    pub permit_id: Option<PermitId>,
    pub status: CallStatus,
    pub phase: Phase,
    pub started_at: Timestamp,
    /// When somebody picked up.
    pub connected_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Whole seconds from connect to end, 0 where nobody picked up; absent while the line is open.
    pub duration_seconds: Option<i64>,
    pub outcome: Option<Outcome>,
    /// Whether a human was called for, or the call ended handed over to one.
    pub escalated: bool,
    pub escalation_id: Option<EscalationId>,
    pub intake: Option<Intake>,
    pub quality_metrics: Option<QualityMetrics>,
    pub summary: Option<Summary>,
    /// Number of transcript segments so far.
    pub segment_count: u32,
    /// When the last segment was spoken.
    pub last_segment: Option<SegmentTimes>,
    pub version: i64,
}

crate::aggregate!(Call as "call", CallCommand, CallEvent, CallRefusal);

impl Decide for Call {
    const STATE_VERSION: i32 = 1;

    fn decide(&self, command: &CallCommand) -> Result<Vec<CallEvent>, CallRefusal> {
        use CallCommand as C;
        if let C::Start(start) = command {
            return self.start(start);
        }
        if self.version == 0 {
            return Err(CallRefusal::NotFound);
        }
        if self.is_already_so(command) {
            return Ok(vec![]);
        }
        self.require_active()?;
        match command {
            C::Start(_) => Err(CallRefusal::AlreadyStarted),
            C::Connect { at } => Ok(vec![Connected { agent_id: self.agent_id, at: *at }.into()]),
            C::AddSegments { segments, at } => self.add_segments(segments, *at),
            C::SetPhase { phase, at } => self.set_phase(*phase, *at),
            C::RecordIntake { data, is_final, at } => self.record_intake(data, *is_final, *at),
            C::RecordQuality(quality) => self.record_quality(quality),
            C::LinkLead { lead_id, at } => {
                Ok(vec![LeadLinked { lead_id: *lead_id, previous: self.lead_id, at: *at }.into()])
            }
            C::Escalate { escalation_id, at } => self.escalate(*escalation_id, *at),
            C::End(end) => self.end(end),
            C::Cancel { at } => Ok(vec![self.cancellation(*at).into()]),
        }
    }

    fn evolve(&mut self, event: &CallEvent) {
        use CallEvent as E;
        self.version += 1;
        match event {
            E::Started(started) => self.begin(started),
            E::Connected(e) => self.connected_at = Some(e.at),
            E::TranscriptAdded(added) => self.count(added),
            E::PhaseChanged(e) => self.phase = e.to,
            E::IntakeRecorded(recorded) => self.intake.get_or_insert_default().apply(recorded),
            E::QualityRecorded(turn) => self.quality_metrics.get_or_insert_default().add(turn),
            E::LeadLinked(e) => self.lead_id = Some(e.lead_id),
            E::Escalated(e) => {
                self.escalated = true;
                self.escalation_id = Some(e.escalation_id);
                self.phase = self.phase.max(Phase::Escalation);
            }
            E::Ended(e) => {
                self.summary = e.summary.clone();
                self.close(e.outcome, e.status, e.duration_seconds, e.at);
            }
            E::Cancelled(e) => self.close(Outcome::Abandoned, CallStatus::Failed, e.duration_seconds, e.at),
        }
    }

    fn pass_over(&mut self) {
        self.version += 1;
    }

    fn version(&self) -> i64 {
        self.version
    }
}

type Decision = Result<Vec<CallEvent>, CallRefusal>;

/// What is decided.
impl Call {
    /// Whether the command asks for what is the case; that succeeds even when the call is over.
    fn is_already_so(&self, command: &CallCommand) -> bool {
        use CallCommand as C;
        match command {
            C::Connect { .. } => self.connected_at.is_some(),
            C::SetPhase { phase, .. } => self.phase == *phase,
            C::RecordIntake { data, is_final, .. } => {
                self.intake.as_ref().is_some_and(|intake| intake.holds(data, *is_final))
            }
            C::LinkLead { lead_id, .. } => self.lead_id == Some(*lead_id),
            C::Escalate { escalation_id, .. } => self.escalation_id == Some(*escalation_id),
            C::End(end) => self.outcome == Some(end.outcome),
            C::Cancel { .. } => self.outcome == Some(Outcome::Abandoned),
            C::Start(_) | C::AddSegments { .. } | C::RecordQuality(_) => false,
        }
    }

    fn require_active(&self) -> Result<(), CallRefusal> {
        match self.status {
            CallStatus::Active => Ok(()),
            _ => Err(CallRefusal::Ended),
        }
    }

    fn require_connected(&self) -> Result<(), CallRefusal> {
        match self.connected_at {
            Some(_) => Ok(()),
            None => Err(CallRefusal::NotConnected),
        }
    }

    fn start(&self, start: &StartCall) -> Decision {
        if self.version > 0 {
            return Err(CallRefusal::AlreadyStarted);
        }
        Ok(vec![
            Started {
                call_id: start.call_id,
                organization_id: start.organization_id,
                phone_number: start.phone_number.clone(),
                direction: start.direction,
                agent_id: start.agent_id,
                lead_id: start.lead_id,
                purpose: start.purpose,
                permit_id: start.permit_id,
                at: start.at,
            }
            .into(),
        ])
    }

    fn add_segments(&self, segments: &[Segment], at: Timestamp) -> Decision {
        self.require_connected()?;
        segment::check(segments, self.last_segment)?;
        let segments = segments.to_vec();
        Ok(vec![TranscriptAdded { first_index: self.segment_count, segments, at }.into()])
    }

    fn set_phase(&self, phase: Phase, at: Timestamp) -> Decision {
        if !self.phase.may_become(phase) {
            return Err(CallRefusal::PhaseOrder);
        }
        Ok(vec![PhaseChanged { from: self.phase, to: phase, at }.into()])
    }

    fn record_intake(&self, data: &JsonObject, is_final: bool, at: Timestamp) -> Decision {
        if let Some(intake) = &self.intake {
            intake.check(data)?;
        }
        Ok(vec![IntakeRecorded { data: data.clone(), is_final, at }.into()])
    }

    fn record_quality(&self, turn: &RecordQuality) -> Decision {
        self.require_connected()?;
        if turn.response_time_ms > RecordQuality::MAX_RESPONSE_TIME_MS {
            return Err(CallRefusal::ResponseTimeTooLong);
        }
        if turn.stages.len() > RecordQuality::MAX_STAGES {
            return Err(CallRefusal::TooManyStages);
        }
        Ok(vec![
            QualityRecorded {
                agent_id: self.agent_id,
                response_time_ms: turn.response_time_ms,
                transcription_accuracy: turn.transcription_accuracy,
                intent_confidence: turn.intent_confidence,
                audio_quality_score: turn.audio_quality_score,
                stages: turn.stages.clone(),
                at: turn.at,
            }
            .into(),
        ])
    }

    fn escalate(&self, escalation_id: EscalationId, at: Timestamp) -> Decision {
        if self.escalation_id.is_some() {
            return Err(CallRefusal::AlreadyEscalated);
        }
        Ok(vec![Escalated { escalation_id, agent_id: self.agent_id, at }.into()])
    }

    fn end(&self, end: &EndCall) -> Decision {
        if end.outcome == Outcome::Completed {
            self.require_connected()?;
        }
        Ok(vec![self.ending(end.outcome, end.summary.clone(), end.at).into()])
    }

    fn ending(&self, outcome: Outcome, summary: Option<Summary>, at: Timestamp) -> Ended {
        Ended {
            agent_id: self.agent_id,
            outcome,
            previous_status: self.status,
            status: outcome.status(self.escalated),
            summary,
            duration_seconds: self.seconds_connected(at),
            connected: self.connected_at.is_some(),
            escalation_id: self.escalation_id,
            at,
        }
    }

    fn cancellation(&self, at: Timestamp) -> Cancelled {
        Cancelled {
            agent_id: self.agent_id,
            duration_seconds: self.seconds_connected(at),
            connected: self.connected_at.is_some(),
            at,
        }
    }

    fn seconds_connected(&self, at: Timestamp) -> i64 {
        self.connected_at.map_or(0, |since| at.seconds_since(since).max(0))
    }
}

/// What events change.
impl Call {
    fn begin(&mut self, started: &Started) {
        self.id = started.call_id;
        self.organization_id = started.organization_id;
        self.phone_number = Some(started.phone_number.clone());
        self.direction = started.direction;
        self.agent_id = started.agent_id;
        self.lead_id = started.lead_id;
        self.purpose = started.purpose;
        self.permit_id = started.permit_id;
        self.started_at = started.at;
    }

    fn count(&mut self, added: &TranscriptAdded) {
        let count = u32::try_from(added.segments.len()).unwrap_or(u32::MAX);
        self.segment_count = added.first_index.saturating_add(count);
        self.last_segment = added.segments.last().map(Segment::times).or(self.last_segment);
    }

    fn close(&mut self, outcome: Outcome, status: CallStatus, duration_seconds: i64, at: Timestamp) {
        self.status = status;
        self.outcome = Some(outcome);
        self.escalated |= outcome == Outcome::Escalated;
        self.duration_seconds = Some(duration_seconds);
        self.ended_at = Some(at);
    }
}
