use std::time::Duration;

/// Why somebody does not come in. A refused login never tells which part of it was wrong.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// Unknown organization, unknown user, wrong password or disabled user: 401, one answer for all.
    #[error("organization, email or password is wrong")]
    InvalidCredentials,
    /// The token was good once: 401; refresh, or log in again.
    #[error("the token has expired")]
    TokenExpired,
    /// Not a token of ours, or one that was withdrawn: 401.
    #[error("the token is not valid")]
    TokenInvalid,
    /// A refresh token that was used long ago: 401. Its session has been ended for everybody.
    #[error("the refresh token was used before; the session has been ended")]
    RefreshReused,
    /// Not a key of ours, or one that expired or was revoked: 401.
    #[error("the API key is not valid")]
    ApiKeyInvalid,
    /// Too many failed logins for this account or from this address: 429.
    #[error("too many failed logins; try again later")]
    TooManyAttempts { retry_after: Duration },
    /// More logins are waiting than can be served soon: 503.
    #[error("too many logins are waiting; try again")]
    Busy,
    /// Nobody is let in on what cannot be checked: 503.
    #[error("the database is unavailable")]
    Unavailable(#[from] sqlx::Error),
    /// A token of ours could not be signed. A bug.
    #[error("a token could not be signed")]
    Signing(#[source] jsonwebtoken::errors::Error),
}

impl AuthError {
    /// The stable code of the problem.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidCredentials => "invalid_credentials",
            Self::TokenExpired => "token_expired",
            Self::TokenInvalid => "token_invalid",
            Self::RefreshReused => "refresh_reused",
            Self::ApiKeyInvalid => "api_key_invalid",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::Busy => "auth_busy",
            Self::Unavailable(_) => "database_unavailable",
            Self::Signing(_) => "internal",
        }
    }
}
