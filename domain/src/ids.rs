//! Typed ids. All are UUIDs; those we mint are version 7, so that they sort by time of creation.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident)+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = Uuid))]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

ids! {
    /// An organization; the tenant every fact belongs to.
    TenantId
    /// A user of an organization.
    UserId
    /// A voice agent configuration.
    AgentId
    /// A call.
    CallId
    /// A lead.
    LeadId
    /// A follow-up within a lead.
    FollowUpId
    /// The consent ledger of one contact point within one organization.
    ConsentId
    /// One grant of consent.
    GrantId
    /// One permission decision.
    DecisionId
    /// A short-lived permission to place one call.
    PermitId
    /// An escalation.
    EscalationId
    /// A data set of one organization.
    ListId
}

impl ConsentId {
    /// The ledger of a contact point: the same contact in the same organization is always the same stream.
    #[must_use]
    pub fn of(tenant: TenantId, contact: &crate::values::Contact) -> Self {
        Self(Uuid::new_v5(&tenant.0, contact.key().as_bytes()))
    }
}

impl ListId {
    /// The data set of this name: the same name in the same organization is always the same stream.
    #[must_use]
    pub fn of(tenant: TenantId, name: crate::list::ListName) -> Self {
        Self(Uuid::new_v5(&tenant.0, format!("list:{name}").as_bytes()))
    }
}
