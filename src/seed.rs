//! Two organizations to try things out with: a real-estate brokerage and a medical office, each with a user for
//! every role. For development and demonstrations.
//!
//! Promise: afterwards they exist and their users have the wished password, whatever was there before. Who has it
//! already keeps their sessions. An organization's users share one password, so that roles are quickly compared.
//!
//! The dev role remembers the passwords in a file: `SeedPasswords::remembered`, `seed`, `write_dev_env`.

use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rand::Rng as _;
use rand::distributions::Alphanumeric;
use rand::rngs::OsRng;
use seiketsu_domain::compliance::{ComplianceCommand, Policy, Profile, Seller, SetProfile, Terms};
use seiketsu_domain::ids::{TenantId, UserId};
use seiketsu_domain::permission::duty::Obligation;
use seiketsu_domain::values::{Name, Timestamp, Token};
use sqlx::{Postgres, Transaction};
use uuid::Uuid;

use crate::command::{CommandError, Commands, Wish};
use crate::event_store::Pools;
use crate::identity::password::{self, WeakPassword};
use crate::identity::{Role, Secret};
use crate::ids;
use crate::permission::packs_of_the_build;

/// What there is now.
#[derive(Debug, Clone)]
pub struct Seeded {
    /// The brokerage.
    pub first: SeededOrganization,
    /// The medical office.
    pub second: SeededOrganization,
}

#[derive(Debug, Clone)]
pub struct SeededOrganization {
    pub tenant: TenantId,
    pub name: &'static str,
    pub domain: &'static str,
    pub users: Vec<SeededUser>,
    /// The password of all its users.
    pub password: Secret,
}

#[derive(Debug, Clone)]
pub struct SeededUser {
    pub id: UserId,
    pub role: Role,
    pub name: &'static str,
    pub email: String,
}

impl SeededOrganization {
    /// The user in this role.
    #[must_use]
    pub fn user(&self, role: Role) -> Option<&SeededUser> {
        self.users.iter().find(|user| user.role == role)
    }
}

/// Why there is nothing to try out.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Password(#[from] WeakPassword),
    #[error("hashing was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// The password of each organization.
#[derive(Debug, Clone)]
pub struct SeedPasswords {
    pub first: Secret,
    pub second: Secret,
}

impl SeedPasswords {
    /// New ones.
    #[must_use]
    pub fn generate() -> Self {
        Self { first: new_password(), second: new_password() }
    }

    /// One given by the operator, for both.
    #[must_use]
    pub fn given(password: &str) -> Self {
        Self { first: Secret::new(password.to_owned()), second: Secret::new(password.to_owned()) }
    }

    /// Those that [`write_dev_env`] wrote; none where the file is missing or not whole.
    #[must_use]
    pub fn remembered(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        let value = |key: &str| {
            let quoted = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
            Some(Secret::new(quoted.strip_prefix('\'')?.strip_suffix('\'')?.replace(r"'\''", "'")))
        };
        Some(Self { first: value("SEIKETSU_PASSWORD")?, second: value("SEIKETSU_SECOND_PASSWORD")? })
    }
}

/// 24 letters and digits: some 142 bits.
fn new_password() -> Secret {
    Secret::new(OsRng.sample_iter(Alphanumeric).take(24).map(char::from).collect())
}

struct Plan {
    name: &'static str,
    domain: &'static str,
    vertical: &'static str,
    users: [(Role, &'static str, &'static str); 6],
}

const BROKERAGE: Plan = Plan {
    name: "Harbor & Main Realty",
    domain: "harbormain.example",
    vertical: "real_estate",
    users: [
        (Role::SuperAdmin, "operator", "Platform operator"),
        (Role::OrgAdmin, "owner", "Managing broker"),
        (Role::Manager, "manager", "Office manager"),
        (Role::Agent, "agent", "Listing agent"),
        (Role::Viewer, "viewer", "Transaction coordinator"),
        (Role::Auditor, "auditor", "Compliance auditor"),
    ],
};

const MEDICAL_OFFICE: Plan = Plan {
    name: "Cedar Street Family Medicine",
    domain: "cedarstreet.example",
    vertical: "healthcare",
    users: [
        (Role::SuperAdmin, "operator", "Platform operator"),
        (Role::OrgAdmin, "owner", "Practice administrator"),
        (Role::Manager, "manager", "Office manager"),
        (Role::Agent, "agent", "Front desk"),
        (Role::Viewer, "viewer", "Care coordinator"),
        (Role::Auditor, "auditor", "Privacy officer"),
    ],
};

/// Makes the two organizations and their users be there, with these passwords.
///
/// # Errors
/// See [`SeedError`].
pub async fn seed(pools: &Pools, passwords: SeedPasswords, now: Timestamp) -> Result<Seeded, SeedError> {
    Ok(Seeded {
        first: seed_organization(pools, &BROKERAGE, passwords.first, now).await?,
        second: seed_organization(pools, &MEDICAL_OFFICE, passwords.second, now).await?,
    })
}

/// Gives the organizations a compliance profile where they have none, set by their administrators: everything is
/// verified and set up, so that rules and consent decide.
///
/// # Errors
/// See [`CommandError`].
pub async fn seed_profiles(commands: &Commands, seeded: &Seeded, now: Timestamp) -> Result<(), CommandError> {
    for organization in [&seeded.first, &seeded.second] {
        let tenant = organization.tenant;
        let Some(owner) = organization.user(Role::OrgAdmin) else { continue };
        if commands.exists::<Profile>(tenant, tenant.0).await? {
            continue;
        }
        let Ok(name) = Name::try_new(organization.name) else { continue };
        let set = SetProfile {
            organization_id: tenant,
            terms: everything_in_order(name),
            packs: packs_of_the_build(),
            by: owner.id,
            at: now,
        };
        let wish = Wish::of(tenant, owner.id, now);
        commands.execute::<Profile>(&wish, tenant.0, ComplianceCommand::Set(set)).await?;
    }
    Ok(())
}

/// A profile nothing is missing from.
#[must_use]
pub fn everything_in_order(seller: Name) -> Terms {
    let registrations = ["10dlc", "texas_telephone_solicitor"];
    let registrations = registrations.into_iter().filter_map(|name| Token::try_new(name).ok()).collect();
    Terms {
        sellers: vec![Seller { name: seller, verified: true, registrations }],
        health_agreement: true,
        abilities: Obligation::ABILITIES.to_vec(),
        policy: Policy::default(),
        calls_need_permits: true,
        emergencies: Some(vec![]),
    }
}

async fn seed_organization(
    pools: &Pools,
    plan: &Plan,
    password: Secret,
    now: Timestamp,
) -> Result<SeededOrganization, SeedError> {
    let mut transaction = pools.system().begin().await?;
    let tenant = organization(&mut transaction, plan, now).await?;
    let hash = hash_in_use_or_new(&mut transaction, tenant, &password).await?;
    let mut users = Vec::with_capacity(plan.users.len());
    for (role, mailbox, name) in plan.users {
        let email = format!("{mailbox}@{}", plan.domain);
        let wanted = SeededUser { id: ids::new(), role, name, email };
        let id = user(&mut transaction, tenant, &wanted, &hash, now).await?;
        users.push(SeededUser { id, ..wanted });
    }
    transaction.commit().await?;
    Ok(SeededOrganization { tenant, name: plan.name, domain: plan.domain, users, password })
}

async fn organization(
    transaction: &mut Transaction<'_, Postgres>,
    plan: &Plan,
    now: Timestamp,
) -> Result<TenantId, sqlx::Error> {
    sqlx::query(
        "insert into organizations (tenant_id, name, domain, vertical, created_at) values ($1, $2, $3, $4, $5)
         on conflict (domain) do nothing",
    )
    .bind(ids::new::<Uuid>())
    .bind(plan.name)
    .bind(plan.domain)
    .bind(plan.vertical)
    .bind(now.get())
    .execute(&mut **transaction)
    .await?;
    sqlx::query_scalar("select tenant_id from organizations where domain = $1")
        .bind(plan.domain)
        .fetch_one(&mut **transaction)
        .await
        .map(TenantId)
}

/// The hash that one of the users has of this password, or a new one.
async fn hash_in_use_or_new(
    transaction: &mut Transaction<'_, Postgres>,
    tenant: TenantId,
    password: &Secret,
) -> Result<String, SeedError> {
    let in_use: Vec<String> =
        sqlx::query_scalar("select distinct password_hash from users where tenant_id = $1")
            .bind(tenant.0)
            .fetch_all(&mut **transaction)
            .await?;
    let password = password.clone();
    let hash = tokio::task::spawn_blocking(move || {
        let found = in_use.into_iter().find(|hash| password::matches(password.expose(), hash));
        found.map_or_else(|| password::hash(password.expose()), Ok)
    });
    Ok(hash.await??)
}

async fn user(
    transaction: &mut Transaction<'_, Postgres>,
    tenant: TenantId,
    wanted: &SeededUser,
    hash: &str,
    now: Timestamp,
) -> Result<UserId, sqlx::Error> {
    sqlx::query(
        "insert into users (tenant_id, id, email, name, role, password_hash, created_at)
         values ($1, $2, $3, $4, $5, $6, $7) on conflict (tenant_id, email) do nothing",
    )
    .bind(tenant.0)
    .bind(wanted.id.0)
    .bind(&wanted.email)
    .bind(wanted.name)
    .bind(wanted.role.as_str())
    .bind(hash)
    .bind(now.get())
    .execute(&mut **transaction)
    .await?;
    // Whoever has the password already is left in peace.
    sqlx::query(
        "select change_password(tenant_id, id, $3, $4) from users
          where tenant_id = $1 and email = $2 and password_hash <> $3",
    )
    .bind(tenant.0)
    .bind(&wanted.email)
    .bind(hash)
    .bind(now.get())
    .execute(&mut **transaction)
    .await?;
    sqlx::query_scalar("select id from users where tenant_id = $1 and email = $2")
        .bind(tenant.0)
        .bind(&wanted.email)
        .fetch_one(&mut **transaction)
        .await
        .map(UserId)
}

/// Where the server is and how to log in as the administrator of each organization, as lines a shell can source.
#[must_use]
pub fn credentials(url: &str, seeded: &Seeded) -> String {
    let owner = |organization: &SeededOrganization| {
        organization.user(Role::OrgAdmin).map(|user| user.email.clone()).unwrap_or_default()
    };
    lines(&[
        ("SEIKETSU_URL", url),
        ("SEIKETSU_ORGANIZATION", seeded.first.domain),
        ("SEIKETSU_EMAIL", &owner(&seeded.first)),
        ("SEIKETSU_PASSWORD", seeded.first.password.expose()),
        ("SEIKETSU_SECOND_ORGANIZATION", seeded.second.domain),
        ("SEIKETSU_SECOND_EMAIL", &owner(&seeded.second)),
        ("SEIKETSU_SECOND_PASSWORD", seeded.second.password.expose()),
    ])
}

/// Writes [`credentials`] and the database's URL; for the eyes of the file's owner only.
///
/// # Errors
/// The file cannot be written.
pub fn write_dev_env(path: &Path, url: &str, database_url: &str, seeded: &Seeded) -> io::Result<()> {
    let database = lines(&[("SEIKETSU_DATABASE_URL", database_url)]);
    replace_file(path, &format!("{}{database}", credentials(url, seeded)))
}

fn lines(variables: &[(&str, &str)]) -> String {
    let quoted = |value: &str| format!("'{}'", value.replace('\'', r"'\''"));
    variables.iter().map(|(key, value)| format!("{key}={}\n", quoted(value))).collect()
}

/// A reader sees the old file or the new one, never half of one, and nobody else sees either.
fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let _ = std::fs::remove_file(&new);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}
