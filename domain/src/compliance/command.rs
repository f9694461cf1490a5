use super::{Digest, Terms};
use crate::ids::{TenantId, UserId};
use crate::permission::pack::PackName;
use crate::values::{Reason, Timestamp, Token};

/// What can be asked of a compliance profile.
#[derive(Debug, Clone)]
pub enum ComplianceCommand {
    /// Set it, as a whole.
    Set(SetProfile),
    /// Approve a rule pack.
    ApprovePack {
        organization_id: TenantId,
        pack: PackName,
        version: Token,
        sha256: Digest,
        by: UserId,
        at: Timestamp,
    },
    /// Stop every contact.
    Stop { organization_id: TenantId, reason: Reason, by: UserId, at: Timestamp },
    /// Go on.
    Resume { organization_id: TenantId, reason: Reason, by: UserId, at: Timestamp },
}

/// See [`ComplianceCommand::Set`].
#[derive(Debug, Clone)]
pub struct SetProfile {
    pub organization_id: TenantId,
    pub terms: Terms,
    /// The packs of the build, which the first profile approves.
    pub packs: Vec<(PackName, Token, Digest)>,
    pub by: UserId,
    pub at: Timestamp,
}
