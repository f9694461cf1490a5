use serde::{Deserialize, Serialize};

use super::{
    Acknowledged, Assigned, Cancelled, Connected, EscalationCommand, EscalationEvent, EscalationRefusal,
    Priority, Raise, Raised, Resolved, TimedOut, Trigger,
};
use crate::aggregate::Decide;
use crate::ids::{CallId, EscalationId, TenantId, UserId};
use crate::values::{Reason, Timestamp};

/// Where an escalation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum EscalationStatus {
    #[default]
    Raised,
    Acknowledged,
    Assigned,
    Connected,
    Resolved,
    Cancelled,
    TimedOut,
}

impl EscalationStatus {
    /// Whether it still waits for somebody.
    #[must_use]
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Resolved | Self::Cancelled | Self::TimedOut)
    }
}

/// An escalation, as decided on and as shown.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Escalation {
    pub id: EscalationId,
    pub organization_id: TenantId,
    pub call_id: CallId,
    pub trigger: Trigger,
    pub priority: Priority,
    pub reason: Option<Reason>,
    pub status: EscalationStatus,
    pub assigned_to: Option<UserId>,
    pub raised_at: Timestamp,
    /// When a human first took notice: acknowledged, assigned or connected.
    pub acknowledged_at: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    pub resolution: Option<Reason>,
    /// When somebody must have acknowledged it.
    pub due_at: Timestamp,
    pub version: i64,
}

crate::aggregate!(Escalation as "escalation", EscalationCommand, EscalationEvent, EscalationRefusal);

impl Decide for Escalation {
    const STATE_VERSION: i32 = 1;

    fn decide(&self, command: &EscalationCommand) -> Result<Vec<EscalationEvent>, EscalationRefusal> {
        use EscalationCommand as C;
        if let C::Raise(raise) = command {
            return self.raise(raise);
        }
        self.require_open()?;
        match command {
            C::Raise(_) => Err(EscalationRefusal::AlreadyRaised),
            C::Acknowledge { by, at } => self.acknowledge(*by, *at),
            C::Assign { to, at } => self.assign(*to, *at),
            C::Connect { by, at } => self.connect(*by, *at),
            C::Resolve { resolution, by, at } => {
                Ok(vec![Resolved { resolution: resolution.clone(), by: *by, at: *at }.into()])
            }
            C::Cancel { reason, by, at } => {
                Ok(vec![Cancelled { reason: reason.clone(), by: *by, at: *at }.into()])
            }
            C::TimeOut { at } => self.time_out(*at),
        }
    }

    fn evolve(&mut self, event: &EscalationEvent) {
        use EscalationEvent as E;
        use EscalationStatus as S;
        self.version += 1;
        match event {
            E::Raised(raised) => self.begin(raised),
            E::Acknowledged(e) => self.step(S::Acknowledged, e.at),
            E::Assigned(e) => {
                self.assigned_to = Some(e.to);
                self.step(S::Assigned, e.at);
            }
            E::Connected(e) => self.step(S::Connected, e.at),
            E::Resolved(e) => {
                self.status = S::Resolved;
                self.resolved_at = Some(e.at);
                self.resolution = Some(e.resolution.clone());
            }
            E::Cancelled(_) => self.status = S::Cancelled,
            E::TimedOut(_) => self.status = S::TimedOut,
        }
    }

    fn pass_over(&mut self) {
        self.version += 1;
    }

    fn version(&self) -> i64 {
        self.version
    }
}

type Decision = Result<Vec<EscalationEvent>, EscalationRefusal>;

impl Escalation {
    fn require_open(&self) -> Result<(), EscalationRefusal> {
        if self.version == 0 {
            return Err(EscalationRefusal::NotFound);
        }
        if !self.status.is_open() {
            return Err(EscalationRefusal::Closed);
        }
        Ok(())
    }

    fn raise(&self, raise: &Raise) -> Decision {
        if self.version > 0 {
            return Err(EscalationRefusal::AlreadyRaised);
        }
        let priority = raise.priority.unwrap_or(raise.trigger.default_priority());
        Ok(vec![
            Raised {
                escalation_id: raise.escalation_id,
                organization_id: raise.organization_id,
                call_id: raise.call_id,
                trigger: raise.trigger,
                priority,
                reason: raise.reason.clone(),
                due_at: raise.at.plus_seconds(priority.seconds_to_acknowledge()),
                at: raise.at,
            }
            .into(),
        ])
    }

    fn acknowledge(&self, by: UserId, at: Timestamp) -> Decision {
        match self.status {
            EscalationStatus::Raised => {
                Ok(vec![Acknowledged { by, waited_seconds: self.seconds_waited(at), at }.into()])
            }
            _ => Ok(vec![]),
        }
    }

    fn assign(&self, to: UserId, at: Timestamp) -> Decision {
        if self.status == EscalationStatus::Connected {
            return Err(EscalationRefusal::AlreadyConnected);
        }
        if self.assigned_to == Some(to) {
            return Ok(vec![]);
        }
        Ok(vec![Assigned { to, waited_seconds: self.seconds_unnoticed(at), at }.into()])
    }

    fn connect(&self, by: UserId, at: Timestamp) -> Decision {
        match self.status {
            EscalationStatus::Connected => Ok(vec![]),
            _ => Ok(vec![Connected { by, waited_seconds: self.seconds_unnoticed(at), at }.into()]),
        }
    }

    fn time_out(&self, at: Timestamp) -> Decision {
        if self.status != EscalationStatus::Raised {
            return Err(EscalationRefusal::AlreadyAcknowledged);
        }
        if at < self.due_at {
            return Err(EscalationRefusal::NotDue);
        }
        Ok(vec![TimedOut { at }.into()])
    }

    fn seconds_waited(&self, at: Timestamp) -> i64 {
        at.seconds_since(self.raised_at).max(0)
    }

    fn seconds_unnoticed(&self, at: Timestamp) -> Option<i64> {
        self.acknowledged_at.is_none().then(|| self.seconds_waited(at))
    }

    fn begin(&mut self, raised: &Raised) {
        self.id = raised.escalation_id;
        self.organization_id = raised.organization_id;
        self.call_id = raised.call_id;
        self.trigger = raised.trigger;
        self.priority = raised.priority;
        self.reason = Some(raised.reason.clone());
        self.raised_at = raised.at;
        self.due_at = raised.due_at;
    }

    fn step(&mut self, status: EscalationStatus, at: Timestamp) {
        self.status = status;
        self.acknowledged_at.get_or_insert(at);
    }
}
