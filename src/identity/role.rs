use serde::{Deserialize, Serialize};

/// What a user of an organization is there for. A role counts within its organization only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the installation: everything an administrator may, and operations.
    SuperAdmin,
    /// Runs the organization.
    OrgAdmin,
    /// Runs a team: assigns work and keeps consent records.
    Manager,
    /// Talks to people, or is the voice agent that does.
    Agent,
    /// Looks on.
    Viewer,
    /// Examines how people were contacted, and changes nothing.
    Auditor,
}

/// One thing a request may need to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    CallsRead,
    CallsWrite,
    LeadsRead,
    LeadsWrite,
    LeadsAssign,
    ConsentRead,
    /// Ask whether a contact is allowed, and redeem the permit.
    ConsentCheck,
    /// Record that somebody wants no more contact: whoever hears it must be able to.
    ConsentRevoke,
    /// Record grants; edit the do-not-contact list.
    ConsentWrite,
    EscalationsRead,
    EscalationsWrite,
    EscalationsAssign,
    AnalyticsRead,
    EventsRead,
    /// Checkpoints and proofs of what was recorded, with whole events in them.
    AuditRead,
    /// Users, keys and settings of the organization.
    Administer,
    /// Dead letters, rebuilds and other work on the installation.
    Operate,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::CallsRead,
        Self::CallsWrite,
        Self::LeadsRead,
        Self::LeadsWrite,
        Self::LeadsAssign,
        Self::ConsentRead,
        Self::ConsentCheck,
        Self::ConsentRevoke,
        Self::ConsentWrite,
        Self::EscalationsRead,
        Self::EscalationsWrite,
        Self::EscalationsAssign,
        Self::AnalyticsRead,
        Self::EventsRead,
        Self::AuditRead,
        Self::Administer,
        Self::Operate,
    ];
}

impl Role {
    /// All of them, the mightiest first.
    pub const ALL: [Self; 6] =
        [Self::SuperAdmin, Self::OrgAdmin, Self::Manager, Self::Agent, Self::Viewer, Self::Auditor];

    /// Whether somebody in this role may do it, in their own organization.
    #[must_use]
    pub fn allows(self, permission: Permission) -> bool {
        use Permission as P;
        match permission {
            P::ConsentRead | P::CallsRead | P::EventsRead => true,
            P::LeadsRead | P::EscalationsRead | P::AnalyticsRead => self != Self::Auditor,
            P::CallsWrite | P::LeadsWrite | P::EscalationsWrite | P::ConsentCheck | P::ConsentRevoke => {
                !matches!(self, Self::Viewer | Self::Auditor)
            }
            P::LeadsAssign | P::EscalationsAssign | P::ConsentWrite => {
                matches!(self, Self::SuperAdmin | Self::OrgAdmin | Self::Manager)
            }
            P::AuditRead => matches!(self, Self::SuperAdmin | Self::OrgAdmin | Self::Auditor),
            P::Administer => matches!(self, Self::SuperAdmin | Self::OrgAdmin),
            P::Operate => self == Self::SuperAdmin,
        }
    }

    /// Everything this role allows.
    #[must_use]
    pub fn permissions(self) -> Vec<Permission> {
        Permission::ALL.into_iter().filter(|permission| self.allows(*permission)).collect()
    }

    /// The name of the role in the database and in tokens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SuperAdmin => "super_admin",
            Self::OrgAdmin => "org_admin",
            Self::Manager => "manager",
            Self::Agent => "agent",
            Self::Viewer => "viewer",
            Self::Auditor => "auditor",
        }
    }
}

/// A name that is no role's.
#[derive(Debug, thiserror::Error)]
#[error("not a role")]
pub struct UnknownRole;

impl TryFrom<String> for Role {
    type Error = UnknownRole;

    fn try_from(name: String) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == name).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission, Role};

    /// Who may what: super admin, org admin, manager, agent, viewer, auditor.
    const TABLE: [(Permission, &str); 17] = [
        (Permission::CallsRead, "yyyyyy"),
        (Permission::CallsWrite, "yyyy.."),
        (Permission::LeadsRead, "yyyyy."),
        (Permission::LeadsWrite, "yyyy.."),
        (Permission::LeadsAssign, "yyy..."),
        (Permission::ConsentRead, "yyyyyy"),
        (Permission::ConsentCheck, "yyyy.."),
        (Permission::ConsentRevoke, "yyyy.."),
        (Permission::ConsentWrite, "yyy..."),
        (Permission::EscalationsRead, "yyyyy."),
        (Permission::EscalationsWrite, "yyyy.."),
        (Permission::EscalationsAssign, "yyy..."),
        (Permission::AnalyticsRead, "yyyyy."),
        (Permission::EventsRead, "yyyyyy"),
        (Permission::AuditRead, "yy...y"),
        (Permission::Administer, "yy...."),
        (Permission::Operate, "y....."),
    ];

    #[test]
    fn each_role_allows_what_the_table_says() {
        for (permission, row) in TABLE {
            for (role, mark) in Role::ALL.into_iter().zip(row.chars()) {
                assert_eq!(role.allows(permission), mark == 'y', "{role:?} {permission:?}");
            }
        }
    }

    #[test]
    fn the_table_names_every_permission_once() {
        assert_eq!(TABLE.map(|(permission, _)| permission), Permission::ALL);
    }

    #[test]
    fn a_role_is_called_the_same_in_the_database_and_in_json() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).expect("json"), role.as_str());
            assert_eq!(Role::try_from(role.as_str().to_owned()).expect("a role"), role);
        }
        assert!(Role::try_from("root".to_owned()).is_err());
    }
}
