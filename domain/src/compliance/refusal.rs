use std::borrow::Cow;

use crate::aggregate::{Refusal, RefusalKind};

/// Every reason to say no to a command on a compliance profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ComplianceRefusal {
    #[error("a profile names one to twenty sellers")]
    SellersMissing,
    #[error("a seller is named twice")]
    SellerTwice,
    #[error("a seller has at most fifty registrations")]
    RegistrationsTooMany,
    #[error("the number of contacts is 1 to 100")]
    AttemptsOutOfRange,
    #[error("reaching further with a withdrawal cannot be switched off again")]
    RevokeAllStays,
}

impl Refusal for ComplianceRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::SellersMissing => "profile_sellers_missing",
            Self::SellerTwice => "profile_seller_twice",
            Self::RegistrationsTooMany => "profile_registrations_too_many",
            Self::AttemptsOutOfRange => "profile_attempts_out_of_range",
            Self::RevokeAllStays => "profile_revoke_all_stays",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::RevokeAllStays => RefusalKind::Conflict,
            _ => RefusalKind::Unacceptable,
        }
    }

    fn pointer(&self) -> Option<Cow<'static, str>> {
        let pointer = match self {
            Self::SellersMissing | Self::SellerTwice | Self::RegistrationsTooMany => "/sellers",
            Self::AttemptsOutOfRange => "/policy/attempts",
            Self::RevokeAllStays => "/policy/revokeAll",
        };
        Some(Cow::Borrowed(pointer))
    }
}
