use std::sync::Arc;

use seiketsu_domain::values::Timestamp;

use super::error::AuthError;
use super::principal::Principal;
use super::seen::Checked;
use super::{Identity, directory};

impl Identity {
    /// Who an access token stands for. Disabling the user, changing their role or password, or raising their token
    /// epoch counts within 30 seconds; the expiry of the token at once.
    ///
    /// # Errors
    /// [`AuthError::TokenInvalid`], [`AuthError::TokenExpired`], or the database where the token was not checked
    /// lately.
    pub async fn authenticate(&self, bearer: &str) -> Result<Arc<Principal>, AuthError> {
        let now = self.inner.clock.now();
        self.inner.bearers.or_check(bearer, now, async || self.check_token(bearer, now).await).await
    }

    async fn check_token(&self, bearer: &str, now: Timestamp) -> Result<Checked, AuthError> {
        let claims = self.inner.tokens.verify(bearer, now)?;
        let member = directory::member(self.inner.pools.system(), claims.tenant, claims.sub).await?;
        let stands = |member: &directory::Member| {
            member.disabled_at.is_none() && member.token_epoch == claims.epoch && member.role == claims.role
        };
        let member = member.filter(stands).ok_or(AuthError::TokenInvalid)?;
        Ok(Checked { principal: member.principal(), until: Some(claims.end()) })
    }
}
