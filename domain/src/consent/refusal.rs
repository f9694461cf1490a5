use std::borrow::Cow;

use crate::aggregate::{Refusal, RefusalKind};

/// Every reason to say no to a consent command. A denied check is not among them: it is an answer, and recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConsentRefusal {
    #[error("nothing is known about this contact point")]
    NotFound,
    #[error("this ledger belongs to another contact point")]
    ContactMismatch,
    #[error("a consent names at least one channel")]
    ChannelsMissing,
    #[error("a consent names at least one purpose")]
    PurposesMissing,
    #[error("the evidence lacks the disclosure the person agreed to, as text or id")]
    DisclosureMissing,
    #[error("written consent needs evidence of signing: a url, a recording or a signature")]
    SignatureMissing,
    #[error("evidence cannot have been captured in the future")]
    CapturedInFuture,
    #[error("this cannot have occurred in the future")]
    OccurredInFuture,
    #[error("a consent ends after it was given")]
    ExpiresTooEarly,
    #[error("the rule packs of this build are not valid, so nothing can be decided")]
    NoPacks,
    #[error("there is no such permit, or it ended a while ago")]
    PermitUnknown,
    #[error("the permit has ended; check again")]
    PermitExpired,
    #[error("the permit was used for another call")]
    PermitRedeemed,
    #[error("something changed after the permit was given, or somebody was contacted meanwhile; check again")]
    FenceConflict,
    #[error("the permit is for another purpose")]
    PermitForAnotherPurpose,
    #[error("the permit is not for a phone call")]
    PermitForAnotherChannel,
    #[error("only the person's own later act lifts this; record their new consent")]
    SuppressionStays,
}

impl Refusal for ConsentRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "consent_not_found",
            Self::ContactMismatch => "consent_contact_mismatch",
            Self::ChannelsMissing => "consent_channels_missing",
            Self::PurposesMissing => "consent_purposes_missing",
            Self::DisclosureMissing => "consent_disclosure_missing",
            Self::SignatureMissing => "consent_signature_missing",
            Self::CapturedInFuture => "consent_captured_in_future",
            Self::OccurredInFuture => "consent_occurred_in_future",
            Self::ExpiresTooEarly => "consent_expires_too_early",
            Self::NoPacks => "rule_packs_invalid",
            Self::PermitUnknown => "permit_unknown",
            Self::PermitExpired => "permit_expired",
            Self::PermitRedeemed => "permit_redeemed",
            Self::FenceConflict => "fence_conflict",
            Self::PermitForAnotherPurpose => "permit_for_another_purpose",
            Self::PermitForAnotherChannel => "permit_for_another_channel",
            Self::SuppressionStays => "suppression_stays",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::NotFound | Self::PermitUnknown => RefusalKind::NotFound,
            Self::PermitExpired | Self::PermitRedeemed | Self::FenceConflict | Self::SuppressionStays => {
                RefusalKind::Conflict
            }
            _ => RefusalKind::Unacceptable,
        }
    }

    fn pointer(&self) -> Option<Cow<'static, str>> {
        let pointer = match self {
            Self::ContactMismatch => "/contact",
            Self::ChannelsMissing => "/channels",
            Self::PurposesMissing => "/purposes",
            Self::DisclosureMissing => "/evidence/disclosureText",
            Self::SignatureMissing => "/evidence",
            Self::CapturedInFuture => "/evidence/capturedAt",
            Self::OccurredInFuture => "/occurredAt",
            Self::ExpiresTooEarly => "/expiresAt",
            Self::PermitForAnotherPurpose | Self::PermitForAnotherChannel => "/permitId",
            _ => return None,
        };
        Some(Cow::Borrowed(pointer))
    }
}
