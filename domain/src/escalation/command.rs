use super::{Priority, Trigger};
use crate::ids::{CallId, EscalationId, TenantId, UserId};
use crate::values::{Reason, Timestamp};

/// What can be asked of an escalation.
#[derive(Debug, Clone)]
pub enum EscalationCommand {
    /// Call for a human.
    Raise(Raise),
    /// Confirm that somebody has seen it.
    Acknowledge { by: UserId, at: Timestamp },
    /// Give it to a person.
    Assign { to: UserId, at: Timestamp },
    /// Note that a human is on the line.
    Connect { by: UserId, at: Timestamp },
    /// Close it with what was done.
    Resolve { resolution: Reason, by: UserId, at: Timestamp },
    /// Withdraw it.
    Cancel { reason: Reason, by: UserId, at: Timestamp },
    /// Give up waiting for an acknowledgement.
    TimeOut { at: Timestamp },
}

/// See [`EscalationCommand::Raise`].
#[derive(Debug, Clone)]
pub struct Raise {
    pub escalation_id: EscalationId,
    pub organization_id: TenantId,
    pub call_id: CallId,
    pub trigger: Trigger,
    /// Where absent, the trigger's own priority applies.
    pub priority: Option<Priority>,
    pub reason: Reason,
    pub at: Timestamp,
}
