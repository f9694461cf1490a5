use std::borrow::Cow;

use crate::aggregate::{Refusal, RefusalKind};

/// Every reason to say no to a call command. An `index` counts the segments of the command from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallRefusal {
    #[error("there is no such call")]
    NotFound,
    #[error("this call has been started already")]
    AlreadyStarted,
    #[error("this call is over")]
    Ended,
    #[error("nobody has picked up yet, so there is nothing to record or complete")]
    NotConnected,
    #[error("the phase moves forward; only clarification may go back to intake")]
    PhaseOrder,
    #[error("the intake was marked final and takes no further data")]
    IntakeFinal,
    #[error("the intake as a whole would take more than 64 KiB")]
    IntakeTooLarge,
    #[error("another escalation of this call was recorded before")]
    AlreadyEscalated,
    #[error("a command adds 1 to 100 segments")]
    SegmentCount,
    #[error("a segment starts within 24 hours of the call's start")]
    SegmentStartTooLate { index: usize },
    #[error("a segment ends within 24 hours of the call's start")]
    SegmentEndTooLate { index: usize },
    #[error("a segment cannot end before it starts")]
    SegmentEndsBeforeStart { index: usize },
    #[error("a segment starts more than 30 seconds before the one ahead of it")]
    SegmentOutOfOrder { index: usize },
    #[error("a response time is at most 600,000 milliseconds")]
    ResponseTimeTooLong,
    #[error("a turn has at most 20 stages")]
    TooManyStages,
}

impl Refusal for CallRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "call_not_found",
            Self::AlreadyStarted => "call_already_started",
            Self::Ended => "call_ended",
            Self::NotConnected => "call_not_connected",
            Self::PhaseOrder => "call_phase_order",
            Self::IntakeFinal => "call_intake_final",
            Self::IntakeTooLarge => "call_intake_too_large",
            Self::AlreadyEscalated => "call_already_escalated",
            Self::SegmentCount => "call_segment_count",
            Self::SegmentStartTooLate { .. } | Self::SegmentEndTooLate { .. } => "call_segment_too_late",
            Self::SegmentEndsBeforeStart { .. } => "call_segment_ends_before_start",
            Self::SegmentOutOfOrder { .. } => "call_segment_out_of_order",
            Self::ResponseTimeTooLong => "call_response_time_too_long",
            Self::TooManyStages => "call_too_many_stages",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            Self::AlreadyStarted
            | Self::Ended
            | Self::NotConnected
            | Self::PhaseOrder
            | Self::IntakeFinal
            | Self::AlreadyEscalated => RefusalKind::Conflict,
            Self::IntakeTooLarge
            | Self::SegmentCount
            | Self::SegmentStartTooLate { .. }
            | Self::SegmentEndTooLate { .. }
            | Self::SegmentEndsBeforeStart { .. }
            | Self::SegmentOutOfOrder { .. }
            | Self::ResponseTimeTooLong
            | Self::TooManyStages => RefusalKind::Unacceptable,
        }
    }

    fn pointer(&self) -> Option<Cow<'static, str>> {
        let field = match self {
            Self::PhaseOrder => "/phase",
            Self::IntakeTooLarge => "/data",
            Self::SegmentCount => "/segments",
            Self::SegmentStartTooLate { index } | Self::SegmentOutOfOrder { index } => {
                return Some(format!("/segments/{index}/startMs").into());
            }
            Self::SegmentEndTooLate { index } | Self::SegmentEndsBeforeStart { index } => {
                return Some(format!("/segments/{index}/endMs").into());
            }
            Self::ResponseTimeTooLong => "/responseTimeMs",
            Self::TooManyStages => "/stages",
            _ => return None,
        };
        Some(field.into())
    }
}
