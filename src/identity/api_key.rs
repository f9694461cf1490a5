//! API keys: `sk_<id>_<secret>`. The id finds the row, the secret proves the key; only its hash is stored.

use std::sync::Arc;

use seiketsu_domain::ids::{TenantId, UserId};
use seiketsu_domain::values::Timestamp;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::error::AuthError;
use super::principal::Principal;
use super::role::Role;
use super::secret::{self, Secret};
use super::seen::Checked;
use super::{Identity, directory};
use crate::ids;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub tenant: TenantId,
    /// What the key is for, as people read it.
    pub name: String,
    pub role: Role,
    pub expires_at: Option<Timestamp>,
}

impl Identity {
    /// Who an API key stands for. A revocation counts within 30 seconds, an expiry at once.
    ///
    /// # Errors
    /// [`AuthError::ApiKeyInvalid`], or the database where the key was not checked lately.
    pub async fn authenticate_api_key(&self, key: &str) -> Result<Arc<Principal>, AuthError> {
        let presented = Presented::parse(key).ok_or(AuthError::ApiKeyInvalid)?;
        let now = self.inner.clock.now();
        self.inner.api_keys.or_check(key, now, async || self.check_api_key(&presented, now).await).await
    }

    /// Makes a key. It is shown this once.
    ///
    /// # Errors
    /// The organization does not exist, or the database cannot be reached.
    pub async fn issue_api_key(&self, key: &NewApiKey) -> Result<Secret, AuthError> {
        let (id, secret) = (ids::new::<Uuid>(), secret::random());
        sqlx::query(
            "insert into api_keys (id, tenant_id, name, key_hash, role, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id)
        .bind(key.tenant.0)
        .bind(&key.name)
        .bind(secret::digest(&secret))
        .bind(key.role.as_str())
        .bind(self.inner.clock.now().get())
        .bind(key.expires_at.map(Timestamp::get))
        .execute(self.inner.pools.system())
        .await?;
        Ok(Secret::new(format!("sk_{}_{secret}", id.simple())))
    }

    async fn check_api_key(&self, presented: &Presented<'_>, now: Timestamp) -> Result<Checked, AuthError> {
        let stored = directory::api_key(self.inner.pools.system(), presented.id).await?;
        let stored = stored.ok_or(AuthError::ApiKeyInvalid)?;
        let until = stored.expires_at.map(Timestamp::new);
        let genuine = secret::digest(presented.secret).ct_eq(&stored.key_hash);
        if !bool::from(genuine) || until.is_some_and(|until| until <= now) {
            return Err(AuthError::ApiKeyInvalid);
        }
        let principal = Principal {
            tenant: stored.tenant_id,
            user: UserId(presented.id),
            role: stored.role,
            name: stored.name,
            email: None,
            organization: stored.organization,
        };
        Ok(Checked { principal, until })
    }
}

/// A text of the right shape.
#[derive(Debug, PartialEq, Eq)]
struct Presented<'a> {
    id: Uuid,
    secret: &'a str,
}

impl<'a> Presented<'a> {
    fn parse(key: &'a str) -> Option<Self> {
        let (id, secret) = key.strip_prefix("sk_")?.split_once('_')?;
        let hexadecimal = |text: &str, digits: usize| {
            text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        };
        (hexadecimal(id, 32) && hexadecimal(secret, 64))
            .then(|| Some(Self { id: Uuid::try_parse(id).ok()?, secret }))
            .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::Presented;

    #[test]
    fn only_the_one_spelling_of_a_key_is_a_key() {
        let (id, secret) = ("0192f0c4e1d37a3c8f7e2b6a9d4c5e1f", "ab".repeat(32));
        assert_eq!(Presented::parse(&format!("sk_{id}_{secret}")).expect("a key").secret, secret);
        for wrong in [
            String::new(),
            "sk_".to_owned(),
            format!("sk_{id}"),
            format!("sk_{id}_"),
            format!("pk_{id}_{secret}"),
            format!("sk_{id}_{}", "ab".repeat(31)),
            format!("sk_{id}_{}", "AB".repeat(32)),
            format!("sk_{}_{secret}", id.to_uppercase()),
            format!(" sk_{id}_{secret}"),
            format!("sk_{id}_{secret}\0"),
            format!("sk_{id}_{}", "é".repeat(32)),
            "x".repeat(1_000_000),
        ] {
            assert_eq!(Presented::parse(&wrong), None, "{}", &wrong.chars().take(80).collect::<String>());
        }
    }
}
