//! An organization whose calls the tests make up.

use std::sync::Arc;

use seiketsu::command::Commands;
use seiketsu::event_store::TenantTransaction;
use seiketsu::ids;
use seiketsu_domain::call::{
    Call, CallCommand, Direction, EndCall, Outcome, RecordQuality, Segment, Speaker, StartCall,
};
use seiketsu_domain::escalation::{Escalation, EscalationCommand, Raise, Trigger};
use seiketsu_domain::ids::{AgentId, CallId, EscalationId, LeadId, TenantId};
use seiketsu_domain::values::Timestamp;
use serde_json::{Value, json};

use crate::support::database::{self, TestDatabase};
use crate::support::wishes;

pub struct Scene {
    pub database: TestDatabase,
    pub commands: Commands,
    pub tenant: TenantId,
}

/// A moment that many seconds after the first one.
pub fn at(seconds: i64) -> Timestamp {
    "2026-11-24T15:00:00Z".parse::<Timestamp>().unwrap().plus_seconds(seconds)
}

/// How a call begins; what it is not about stays as it is here.
#[derive(Clone)]
pub struct Beginning {
    pub phone: &'static str,
    pub direction: Direction,
    pub agent: Option<AgentId>,
    pub lead: Option<LeadId>,
    pub at: i64,
}

impl Default for Beginning {
    fn default() -> Self {
        Self { phone: "+14155552671", direction: Direction::Inbound, agent: None, lead: None, at: 0 }
    }
}

impl Scene {
    pub async fn set() -> Self {
        let database = database::create().await;
        let commands = database.commands();
        Self { database, commands, tenant: wishes::tenant() }
    }

    /// The same database seen by another organization.
    pub fn elsewhere(self) -> Self {
        Self { tenant: wishes::tenant(), ..self }
    }

    pub async fn read(&self) -> TenantTransaction {
        self.database.pools.read_as(self.tenant).await.unwrap()
    }

    pub async fn tell(&self, call: CallId, command: CallCommand) -> Call {
        let wish = wishes::of(self.tenant);
        Arc::unwrap_or_clone(self.commands.execute::<Call>(&wish, call.0, command).await.unwrap().state)
    }

    /// The line rings.
    pub async fn ring(&self, beginning: Beginning) -> CallId {
        let call_id = ids::new();
        let start = StartCall {
            call_id,
            organization_id: self.tenant,
            phone_number: beginning.phone.parse().unwrap(),
            direction: beginning.direction,
            agent_id: beginning.agent,
            lead_id: beginning.lead,
            purpose: None,
            permit_id: None,
            at: at(beginning.at),
        };
        self.tell(call_id, CallCommand::Start(start)).await;
        call_id
    }

    /// The line rings and somebody picks up at once.
    pub async fn connect(&self, beginning: Beginning) -> CallId {
        let picked_up = at(beginning.at);
        let call = self.ring(beginning).await;
        self.tell(call, CallCommand::Connect { at: picked_up }).await;
        call
    }

    /// Each of the texts becomes a segment of one event.
    pub async fn say(&self, call: CallId, texts: &[&str]) {
        let segments = texts.iter().map(|text| Segment {
            speaker: Speaker::Caller,
            text: text.parse().unwrap(),
            start_ms: 1000,
            end_ms: 2000,
            confidence: None,
            is_final: true,
        });
        self.tell(call, CallCommand::AddSegments { segments: segments.collect(), at: at(10) }).await;
    }

    pub async fn answer(&self, call: CallId, data: Value) {
        let data = serde_json::from_value(data).unwrap();
        self.tell(call, CallCommand::RecordIntake { data, is_final: false, at: at(11) }).await;
    }

    pub async fn end(&self, call: CallId, outcome: Outcome, summary: Option<&str>, end: i64) -> Call {
        let summary = summary.map(|summary| summary.parse().unwrap());
        self.tell(call, CallCommand::End(EndCall { outcome, summary, at: at(end) })).await
    }

    /// Calls for a human in a call: the escalation, and the call that knows of it.
    pub async fn escalate(&self, call: CallId, seconds: i64) -> EscalationId {
        let id: EscalationId = ids::new();
        let raise = Raise {
            escalation_id: id,
            organization_id: self.tenant,
            call_id: call,
            trigger: Trigger::ExplicitRequest,
            priority: None,
            reason: "wants to talk to a person".parse().unwrap(),
            at: at(seconds),
        };
        self.handle(id, EscalationCommand::Raise(raise)).await;
        self.tell(call, CallCommand::Escalate { escalation_id: id, at: at(seconds) }).await;
        id
    }

    pub async fn handle(&self, id: EscalationId, command: EscalationCommand) {
        let wish = wishes::of(self.tenant);
        self.commands.execute::<Escalation>(&wish, id.0, command).await.unwrap();
    }

    /// A call in which everything happens that can happen to a call.
    pub async fn whole_story(&self) -> CallId {
        let call = self.connect(Beginning { lead: Some(ids::new()), ..Beginning::default() }).await;
        self.say(call, &["How many bedrooms do you need?", "Two, in the Mission."]).await;
        self.answer(call, json!({ "bedrooms": 2, "areas": ["Mission"] })).await;
        self.say(call, &["My budget is tight."]).await;
        self.tell(call, CallCommand::RecordQuality(turn())).await;
        self.tell(call, CallCommand::LinkLead { lead_id: ids::new(), at: at(13) }).await;
        let escalation = self.escalate(call, 20).await;
        self.handle(escalation, EscalationCommand::Connect { by: ids::new(), at: at(25) }).await;
        self.end(call, Outcome::Completed, Some("A colleague took over."), 60).await;
        let resolved = "found a flat".parse().unwrap();
        let by = ids::new();
        self.handle(escalation, EscalationCommand::Resolve { resolution: resolved, by, at: at(90) }).await;
        call
    }
}

fn turn() -> RecordQuality {
    RecordQuality {
        response_time_ms: 640,
        transcription_accuracy: None,
        intent_confidence: None,
        audio_quality_score: None,
        stages: std::collections::BTreeMap::new(),
        at: at(12),
    }
}
