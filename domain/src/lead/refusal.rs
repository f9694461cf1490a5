use std::borrow::Cow;

use crate::aggregate::{Refusal, RefusalKind};

/// Every reason to say no to a lead command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LeadRefusal {
    #[error("there is no such lead")]
    NotFound,
    #[error("this lead has been created already")]
    AlreadyCreated,
    #[error("this lead is archived")]
    Archived,
    #[error("this lead is converted; that is final")]
    Converted,
    #[error("this lead is lost; that is final")]
    Lost,
    #[error("a lead has at most 20 tags")]
    TooManyTags,
    #[error("an appointment ends after it starts")]
    AppointmentEndsBeforeStart,
    #[error("an appointment starts at most a day ago")]
    AppointmentInPast,
    #[error("the value of a conversion is not negative")]
    ValueNegative,
    #[error("a currency needs the value it is the currency of")]
    ValueMissing,
    #[error("a value needs its currency")]
    CurrencyMissing,
    #[error("a follow-up lies ahead")]
    FollowUpInPast,
    #[error("this lead has 50 open follow-ups already")]
    TooManyFollowUps,
}

impl Refusal for LeadRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "lead_not_found",
            Self::AlreadyCreated => "lead_already_created",
            Self::Archived => "lead_archived",
            Self::Converted => "lead_converted",
            Self::Lost => "lead_lost",
            Self::TooManyTags => "lead_too_many_tags",
            Self::AppointmentEndsBeforeStart => "lead_appointment_ends_before_start",
            Self::AppointmentInPast => "lead_appointment_in_past",
            Self::ValueNegative => "lead_value_negative",
            Self::ValueMissing => "lead_value_missing",
            Self::CurrencyMissing => "lead_currency_missing",
            Self::FollowUpInPast => "lead_follow_up_in_past",
            Self::TooManyFollowUps => "lead_too_many_follow_ups",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound => RefusalKind::NotFound,
            _ if self.pointer().is_some() => RefusalKind::Unacceptable,
            _ => RefusalKind::Conflict,
        }
    }

    fn pointer(&self) -> Option<Cow<'static, str>> {
        let pointer = match self {
            Self::TooManyTags => "/tags",
            Self::AppointmentEndsBeforeStart => "/endsAt",
            Self::AppointmentInPast => "/startsAt",
            Self::ValueNegative | Self::ValueMissing => "/valueCents",
            Self::CurrencyMissing => "/currency",
            Self::FollowUpInPast => "/dueAt",
            _ => return None,
        };
        Some(pointer.into())
    }
}
