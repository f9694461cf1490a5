//! Identity: who somebody is and what they may do.
//!
//! Promises:
//! - **Nothing is told** to a stranger at login: unknown organization, unknown user, wrong password and disabled user
//!   are one answer and take one time. Ten failures close an account, or an address, for a quarter of an hour.
//! - **Access tokens** live minutes and are checked without asking anybody. What ends them early (a disabled user,
//!   another role or password, a raised token epoch) counts within 30 seconds in every process.
//! - **Refresh tokens** are good for one use, and for a second one while the answer may have been lost. A copy that
//!   is used later ends the session for whoever holds it. A session ends at its time however often it is refreshed.
//! - **Secrets** are stored as hashes only: argon2id for what people choose, SHA-256 for what we draw.
//! - **In doubt nobody comes in**: what cannot be checked for 30 seconds is refused as unavailable.
//!
//! How one could still get it wrong: by taking the tenant from anything but the `Principal`; by writing a password
//! hash other than through `change_password`, which also ends the sessions; by changing tables of credentials in
//! another order than user first, refresh tokens second.

/// Who comes with a token.
mod access;
/// Programs that come in by themselves.
mod api_key;
/// Guessing is limited.
mod attempts;
/// The tables.
mod directory;
mod error;
/// What tokens are signed with.
mod keys;
/// Hashing, a bounded number at a time.
pub mod password;
mod principal;
mod role;
mod secret;
/// Checked a moment ago.
mod seen;
/// Login, refresh, logout.
mod session;
/// Signed claims.
mod token;

pub use api_key::NewApiKey;
pub use error::AuthError;
pub use keys::{KeyError, PublicJwk, SigningKey};
pub use principal::{Principal, UserProfile};
pub use role::{Permission, Role, UnknownRole};
pub use secret::Secret;
pub use session::{Credentials, Session};

use std::sync::Arc;
use std::time::Duration;

use seiketsu_domain::ids::{TenantId, UserId};

use crate::clock::Clock;
use crate::config::AuthConfig;
use crate::event_store::Pools;

/// How tokens are issued.
#[derive(Debug, Clone)]
pub struct IdentityConfig {
    /// The `iss` of our tokens: the public URL of the installation.
    pub issuer: String,
    /// How long an access token is good for; minutes.
    pub access_ttl: Duration,
    /// How long after login a session ends, refreshed or not; days.
    pub refresh_ttl: Duration,
}

impl From<&AuthConfig> for IdentityConfig {
    fn from(config: &AuthConfig) -> Self {
        Self {
            issuer: config.issuer.clone(),
            access_ttl: Duration::from_secs(config.access_token_minutes.unsigned_abs() * 60),
            refresh_ttl: Duration::from_secs(config.refresh_token_days.unsigned_abs() * 24 * 3600),
        }
    }
}

/// Ten years: what an operator means by for ever.
const LONGEST_SECONDS: i64 = 10 * 366 * 24 * 3600;

/// Knows who is who. Cheap to clone.
#[derive(Clone)]
pub struct Identity {
    inner: Arc<Inner>,
}

struct Inner {
    pools: Pools,
    clock: Clock,
    issuer: String,
    access_seconds: i64,
    refresh_seconds: i64,
    tokens: token::Tokens,
    bearers: seen::Seen,
    api_keys: seen::Seen,
    attempts: attempts::Attempts,
    turns: password::Turns,
}

impl Identity {
    /// # Errors
    /// The key cannot sign.
    pub fn new(
        pools: Pools,
        config: IdentityConfig,
        key: &SigningKey,
        clock: Clock,
    ) -> Result<Self, AuthError> {
        let seconds = |ttl: Duration| i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX).min(LONGEST_SECONDS);
        Ok(Self {
            inner: Arc::new(Inner {
                tokens: token::Tokens::new(&config.issuer, key)?,
                pools,
                clock,
                issuer: config.issuer,
                access_seconds: seconds(config.access_ttl),
                refresh_seconds: seconds(config.refresh_ttl),
                bearers: seen::Seen::new(),
                api_keys: seen::Seen::new(),
                attempts: attempts::Attempts::new(),
                turns: password::Turns::new(),
            }),
        })
    }

    /// Who somebody is, told to themselves.
    #[must_use]
    pub fn me(&self, principal: &Principal) -> UserProfile {
        UserProfile::from(principal)
    }

    /// Whether work can be given to a user: they belong to the organization and are not disabled.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn user_exists(&self, tenant: TenantId, user: UserId) -> Result<bool, AuthError> {
        let mut read = self.inner.pools.read_as(tenant).await?;
        let exists = sqlx::query_scalar(
            "select exists (select from users where tenant_id = $1 and id = $2 and disabled_at is null)",
        )
        .bind(tenant.0)
        .bind(user.0)
        .fetch_one(&mut *read)
        .await?;
        Ok(exists)
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("issuer", &self.inner.issuer).finish_non_exhaustive()
    }
}
