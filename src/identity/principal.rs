use seiketsu_domain::ids::{TenantId, UserId};
use serde::Serialize;

use super::role::{Permission, Role};

/// Who a request comes from, and in which organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub tenant: TenantId,
    /// The user; for an API key, the id of the key.
    pub user: UserId,
    pub role: Role,
    /// The user's name, or that of the API key.
    pub name: String,
    /// None for an API key.
    pub email: Option<String>,
    /// The organization's name.
    pub organization: String,
}

/// A principal as it is told about itself.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserProfile {
    pub id: UserId,
    pub organization_id: TenantId,
    pub organization_name: String,
    pub name: String,
    /// Absent for an API key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub role: Role,
    /// What the role allows.
    pub permissions: Vec<Permission>,
}

impl From<&Principal> for UserProfile {
    fn from(principal: &Principal) -> Self {
        Self {
            id: principal.user,
            organization_id: principal.tenant,
            organization_name: principal.organization.clone(),
            name: principal.name.clone(),
            email: principal.email.clone(),
            role: principal.role,
            permissions: principal.role.permissions(),
        }
    }
}
