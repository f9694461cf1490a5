use std::borrow::Cow;

use crate::aggregate::{Refusal, RefusalKind};

/// Every reason to say no to a command on a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ListRefusal {
    #[error("this list holds records about single numbers; it has no extracts")]
    HasNoExtracts,
    #[error("this list is taken over as whole extracts")]
    HasNoRecords,
    #[error("only the national list is taken under an access to the registry")]
    NeedsNoAccess,
    #[error("an access that is over already is of no use")]
    AccessOver,
    #[error(
        "record the organization's access to the registry first; this extract is of another subscription, or the access is over"
    )]
    AccessMissing,
    #[error("the access to the registry does not cover all these area codes")]
    AreaCodesNotCovered,
    #[error("the moment shown lies in the future")]
    AsOfInFuture,
    #[error("what shows this moment is too old to be used")]
    TooOld,
    #[error(
        "there is not a single number in it; a list that holds nothing would set everybody free to be called"
    )]
    Empty,
    #[error(
        "it has less than half of the numbers of the one before; import it as smaller on purpose where that is true"
    )]
    Shrank,
    #[error("there is no such extract in use")]
    ExtractNotFound,
}

impl Refusal for ListRefusal {
    fn code(&self) -> &'static str {
        match self {
            Self::HasNoExtracts => "list_has_no_extracts",
            Self::HasNoRecords => "list_has_no_records",
            Self::NeedsNoAccess => "list_needs_no_access",
            Self::AccessOver => "registry_access_over",
            Self::AccessMissing => "registry_access_missing",
            Self::AreaCodesNotCovered => "area_codes_not_covered",
            Self::AsOfInFuture => "as_of_in_future",
            Self::TooOld => "extract_too_old",
            Self::Empty => "extract_empty",
            Self::Shrank => "extract_shrank",
            Self::ExtractNotFound => "extract_not_found",
        }
    }

    fn kind(&self) -> RefusalKind {
        match self {
            Self::ExtractNotFound => RefusalKind::NotFound,
            Self::AccessMissing | Self::AreaCodesNotCovered | Self::Shrank => RefusalKind::Conflict,
            _ => RefusalKind::Unacceptable,
        }
    }

    fn pointer(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::AccessOver => Some("/validUntil".into()),
            Self::AsOfInFuture | Self::TooOld => Some("?asOf".into()),
            Self::AreaCodesNotCovered => Some("?areaCodes".into()),
            Self::AccessMissing => Some("?san".into()),
            _ => None,
        }
    }
}
