use crate::aggregate::{Refusal, RefusalKind};

/// Every reason to say no to an escalation command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EscalationRefusal {
    #[error("there is no such escalation")]
    NotFound,
    #[error("this escalation has been raised already")]
    AlreadyRaised,
    #[error("this escalation is over: it was resolved, cancelled or timed out")]
    Closed,
    #[error("a human is connected already; the escalation cannot go back a step")]
    AlreadyConnected,
    #[error("somebody acknowledged this escalation, so it does not time out")]
    AlreadyAcknowledged,
    #[error("the time to acknowledge is not over yet")]
    NotDue,
}

impl Refusal for EscalationRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "escalation_not_found",
            Self::AlreadyRaised => "escalation_already_raised",
            Self::Closed => "escalation_closed",
            Self::AlreadyConnected => "escalation_already_connected",
            Self::AlreadyAcknowledged => "escalation_already_acknowledged",
            Self::NotDue => "escalation_not_due",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            _ => RefusalKind::Conflict,
        }
    }
}
