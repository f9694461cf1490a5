//! Login, refresh, logout.

use std::net::IpAddr;

use serde::Serialize;
use uuid::Uuid;

use super::attempts::Origin;
use super::directory::{Account, Member, NewRefreshToken, Rotation};
use super::error::AuthError;
use super::principal::UserProfile;
use super::secret::{self, Secret};
use super::token::{AUDIENCE, Claims};
use super::{Identity, directory, password};
use crate::ids;

/// How long a used refresh token may be presented again, in seconds: the answer may have been lost on the way.
const GRACE_SECONDS: i64 = 20;

/// What somebody claims to be.
pub struct Credentials<'a> {
    /// The organization's domain; letter case does not matter.
    pub organization: &'a str,
    /// Letter case does not matter.
    pub email: &'a str,
    pub password: &'a str,
    /// Ignored until users can enrol a second factor.
    pub totp: Option<&'a str>,
    /// Where the request comes from, if that can be trusted.
    pub address: Option<IpAddr>,
}

/// The way in, until it expires: the answer to login and refresh.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub access_token: Secret,
    /// Good for one use.
    pub refresh_token: Secret,
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// Seconds until the access token expires.
    pub expires_in: u64,
    pub user: UserProfile,
}

impl Identity {
    /// Opens a session for a user who knows their password.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`] whatever is wrong; [`AuthError::TooManyAttempts`] and [`AuthError::Busy`]
    /// before anything was checked.
    pub async fn login(&self, credentials: &Credentials<'_>) -> Result<Session, AuthError> {
        let account = self.prove(credentials).await?;
        let now = self.inner.clock.now();
        let (token, first) = new_refresh_token(now);
        let expires_at = now.plus_seconds(self.inner.refresh_seconds);
        if !directory::open_family(self.inner.pools.system(), &account, &first, expires_at).await? {
            return Err(AuthError::InvalidCredentials);
        }
        tracing::info!(tenant = %account.member.tenant_id, user = %account.member.id, "logged in");
        self.session(&account.member, token)
    }

    /// Trades a refresh token for a new session of the same user, of the same absolute end. The token may be
    /// presented again for 20 seconds, unless its successor was used; any other second use ends the family.
    ///
    /// # Errors
    /// [`AuthError::TokenInvalid`], [`AuthError::TokenExpired`], [`AuthError::RefreshReused`], or the database.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Session, AuthError> {
        let (token, next) = new_refresh_token(self.inner.clock.now());
        let presented = secret::digest(refresh_token);
        let rotation = directory::rotate(self.inner.pools.system(), presented, &next, GRACE_SECONDS).await?;
        let (tenant, user) = owner_of(rotation)?;
        match directory::member(self.inner.pools.system(), tenant.into(), user.into()).await? {
            Some(member) => self.session(&member, token),
            None => Err(AuthError::TokenInvalid),
        }
    }

    /// Ends the session a refresh token belongs to, whether it has ended before or never was. Access tokens that
    /// were issued in it expire by themselves.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn logout(&self, refresh_token: &str) -> Result<(), AuthError> {
        let presented = secret::digest(refresh_token);
        Ok(directory::revoke_family(self.inner.pools.system(), presented, self.inner.clock.now()).await?)
    }

    /// The account the credentials prove. Everything wrong takes the same time and looks the same.
    async fn prove(&self, credentials: &Credentials<'_>) -> Result<Account, AuthError> {
        let organization = credentials.organization.trim().to_lowercase();
        let email = credentials.email.trim().to_lowercase();
        let origin = Origin::new(&organization, &email, credentials.address);
        self.inner.attempts.check(&origin, self.inner.clock.now())?;
        let turn = self.inner.turns.take().await?;
        // Again, for what failed while this one waited.
        self.inner.attempts.check(&origin, self.inner.clock.now())?;
        let account = directory::account(self.inner.pools.system(), &organization, &email).await?;
        let (attempts, now) = (self.inner.attempts.clone(), self.inner.clock.now());
        let password = credentials.password.to_owned();
        // Counted where it is hashed, so that hanging up early leaves no guess uncounted.
        let proven = turn.run(move || {
            let hash = account.as_ref().map_or(password::NOBODY, |account| &account.password_hash);
            let matches = password::matches(&password, hash);
            let proven = account.filter(|account| matches && account.member.disabled_at.is_none());
            match proven {
                Some(_) => attempts.succeeded(&origin),
                None => attempts.failed(&origin, now),
            }
            proven
        });
        proven.await?.ok_or_else(|| refused(credentials.address))
    }

    fn session(&self, member: &Member, refresh_token: Secret) -> Result<Session, AuthError> {
        let now = self.inner.clock.now().get().timestamp();
        let claims = Claims {
            iss: self.inner.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: member.id,
            tenant: member.tenant_id,
            role: member.role,
            name: member.name.clone(),
            email: member.email.clone(),
            epoch: member.token_epoch,
            jti: ids::new(),
            iat: now,
            nbf: now,
            exp: now.saturating_add(self.inner.access_seconds),
        };
        Ok(Session {
            access_token: Secret::new(self.inner.tokens.sign(&claims)?),
            refresh_token,
            token_type: "Bearer",
            expires_in: self.inner.access_seconds.unsigned_abs(),
            user: UserProfile::from(&member.principal()),
        })
    }
}

fn new_refresh_token(now: seiketsu_domain::values::Timestamp) -> (Secret, NewRefreshToken) {
    let token = format!("rt_{}", secret::random());
    let stored = NewRefreshToken { id: ids::new(), hash: secret::digest(&token), created_at: now };
    (Secret::new(token), stored)
}

fn owner_of(rotation: Rotation) -> Result<(Uuid, Uuid), AuthError> {
    match (rotation.outcome.as_str(), rotation.tenant_id, rotation.user_id) {
        ("rotated", Some(tenant), Some(user)) => Ok((tenant, user)),
        ("expired", ..) => Err(AuthError::TokenExpired),
        ("reused", tenant, user) => {
            metrics::counter!("refresh_tokens_reused_total").increment(1);
            tracing::warn!(?tenant, ?user, "a refresh token was used again; its session has been ended");
            Err(AuthError::RefreshReused)
        }
        _ => Err(AuthError::TokenInvalid),
    }
}

fn refused(address: Option<IpAddr>) -> AuthError {
    metrics::counter!("logins_refused_total").increment(1);
    tracing::warn!(?address, "login refused");
    AuthError::InvalidCredentials
}
