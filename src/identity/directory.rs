//! Organizations, users and their credentials in the database. All SQL of login lives here.

use chrono::{DateTime, Utc};
use seiketsu_domain::ids::{TenantId, UserId};
use seiketsu_domain::values::Timestamp;
use sqlx::PgPool;
use uuid::Uuid;

use super::principal::Principal;
use super::role::Role;

/// A user as tokens are issued for them.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Member {
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    #[sqlx(try_from = "Uuid")]
    pub id: UserId,
    pub organization: String,
    pub email: String,
    pub name: String,
    #[sqlx(try_from = "String")]
    pub role: Role,
    pub token_epoch: i32,
    pub disabled_at: Option<DateTime<Utc>>,
}

impl Member {
    pub fn principal(&self) -> Principal {
        Principal {
            tenant: self.tenant_id,
            user: self.id,
            role: self.role,
            name: self.name.clone(),
            email: Some(self.email.clone()),
            organization: self.organization.clone(),
        }
    }
}

/// A user and what their password is checked against.
#[derive(sqlx::FromRow)]
pub(super) struct Account {
    #[sqlx(flatten)]
    pub member: Member,
    pub password_hash: String,
}

/// The account behind an organization's domain and a mailbox, both in lower case.
pub(super) async fn account(
    system: &PgPool,
    domain: &str,
    email: &str,
) -> Result<Option<Account>, sqlx::Error> {
    // Longer than any domain or address, or not storable as text: nobody has it.
    let nameable = |text: &str| text.len() <= 254 && !text.contains('\0');
    if !nameable(domain) || !nameable(email) {
        return Ok(None);
    }
    sqlx::query_as(
        "select u.tenant_id, u.id, o.name as organization, u.email, u.name, u.role, u.token_epoch, u.disabled_at,
                u.password_hash
           from organizations o join users u on u.tenant_id = o.tenant_id
          where o.domain = $1 and u.email = $2",
    )
    .bind(domain)
    .bind(email)
    .fetch_optional(system)
    .await
}

/// A user as they stand now.
pub(super) async fn member(
    system: &PgPool,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<Member>, sqlx::Error> {
    sqlx::query_as(
        "select u.tenant_id, u.id, o.name as organization, u.email, u.name, u.role, u.token_epoch, u.disabled_at
           from users u join organizations o on o.tenant_id = u.tenant_id
          where u.tenant_id = $1 and u.id = $2",
    )
    .bind(tenant.0)
    .bind(user.0)
    .fetch_optional(system)
    .await
}

/// A refresh token that is about to be issued.
pub(super) struct NewRefreshToken {
    pub id: Uuid,
    pub hash: [u8; 32],
    pub created_at: Timestamp,
}

/// Starts a family of refresh tokens, unless the account changed since its password was checked. Sweeps away the
/// user's expired ones.
pub(super) async fn open_family(
    system: &PgPool,
    account: &Account,
    first: &NewRefreshToken,
    expires_at: Timestamp,
) -> Result<bool, sqlx::Error> {
    let opened = sqlx::query(
        "with unchanged as (
             select tenant_id, id from users
              where tenant_id = $1 and id = $2 and password_hash = $3 and disabled_at is null
                for share
         ), swept as (
             delete from refresh_tokens where id in (
                 select id from refresh_tokens where tenant_id = $1 and user_id = $2 and expires_at <= $6
                    for update skip locked)
         )
         insert into refresh_tokens (id, tenant_id, user_id, family, token_hash, created_at, expires_at)
         select $4, tenant_id, id, $4, $5, $6, $7 from unchanged",
    )
    .bind(account.member.tenant_id.0)
    .bind(account.member.id.0)
    .bind(&account.password_hash)
    .bind(first.id)
    .bind(first.hash)
    .bind(first.created_at.get())
    .bind(expires_at.get())
    .execute(system)
    .await?;
    Ok(opened.rows_affected() == 1)
}

/// How an exchange of refresh tokens ended, and whose they are.
#[derive(sqlx::FromRow)]
pub(super) struct Rotation {
    /// `rotated`, `unknown`, `expired` or `reused`.
    pub outcome: String,
    pub tenant_id: Option<Uuid>,
    pub user_id: Option<Uuid>,
}

/// Trades a refresh token for `next`; see `rotate_refresh_token` in the migrations for the rules.
pub(super) async fn rotate(
    system: &PgPool,
    presented: [u8; 32],
    next: &NewRefreshToken,
    grace_seconds: i64,
) -> Result<Rotation, sqlx::Error> {
    sqlx::query_as("select * from rotate_refresh_token($1, $2, $3, $4, make_interval(secs => $5))")
        .bind(presented)
        .bind(next.id)
        .bind(next.hash)
        .bind(next.created_at.get())
        .bind(grace_seconds as f64)
        .fetch_one(system)
        .await
}

/// Ends the family of a refresh token, if there is one.
pub(super) async fn revoke_family(
    system: &PgPool,
    presented: [u8; 32],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query("select revoke_refresh_family($1, $2)")
        .bind(presented)
        .bind(now.get())
        .execute(system)
        .await
        .map(drop)
}

/// An API key as it stands now.
#[derive(sqlx::FromRow)]
pub(super) struct StoredKey {
    #[sqlx(try_from = "Uuid")]
    pub tenant_id: TenantId,
    pub organization: String,
    pub name: String,
    #[sqlx(try_from = "String")]
    pub role: Role,
    pub key_hash: Vec<u8>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// The key with this id, unless it was revoked.
pub(super) async fn api_key(system: &PgPool, id: Uuid) -> Result<Option<StoredKey>, sqlx::Error> {
    sqlx::query_as(
        "select k.tenant_id, o.name as organization, k.name, k.role, k.key_hash, k.expires_at
           from api_keys k join organizations o on o.tenant_id = k.tenant_id
          where k.id = $1 and k.revoked_at is null",
    )
    .bind(id)
    .fetch_optional(system)
    .await
}
