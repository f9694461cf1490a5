use serde::{Deserialize, Serialize};

use super::{Digest, Terms};
use crate::event::Upcast;
use crate::ids::{TenantId, UserId};
use crate::permission::pack::PackName;
use crate::values::{Reason, Timestamp, Token};

crate::events! {
    /// What can happen to a compliance profile.
    pub enum ComplianceEvent {
        /// Somebody set the profile, as a whole.
        ProfileSet(ProfileSet) = "compliance.profile_set" v 1,
        /// Somebody approved a rule pack.
        PackApproved(PackApproved) = "compliance.pack_approved" v 1,
        /// Every contact is stopped.
        Stopped(Stopped) = "compliance.stopped" v 1,
        /// Contacts go on.
        Resumed(Resumed) = "compliance.resumed" v 1,
    }
}

impl Upcast for ComplianceEvent {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileSet {
    pub organization_id: TenantId,
    pub terms: Terms,
    pub by: UserId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PackApproved {
    pub organization_id: TenantId,
    pub pack: PackName,
    pub version: Token,
    pub sha256: Digest,
    pub by: UserId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stopped {
    pub organization_id: TenantId,
    pub reason: Reason,
    pub by: UserId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resumed {
    pub organization_id: TenantId,
    pub reason: Reason,
    pub by: UserId,
    pub at: Timestamp,
}
