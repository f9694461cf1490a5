//! The only mapping from what went wrong to what a client sees: `application/problem+json`.
//!
//! A refusal is told in the user's words, with code and pointer. A fault is told as "unavailable" or "internal
//! error"; its cause goes to the log, once, under the request id.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use seiketsu_domain::aggregate::RefusalKind;
use seiketsu_domain::values::ValueError;
use seiketsu_projections::page::QueryError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::command::{CommandError, Refused};
use crate::event_store::StoreError;
use crate::identity::AuthError;

/// An error answer, on its way to becoming a response.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: Cow<'static, str>,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    retry_after: Option<u64>,
}

/// What one field or parameter did wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer into the body (`/segments/3/text`), `?name` for a query parameter, `:name` for a part of the
    /// path, `#Name` for a header.
    pub pointer: String,
    pub code: String,
    pub detail: String,
}

/// `application/problem+json` (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody {
    /// Where the code is documented.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// Stable, machine-readable.
    pub code: String,
    /// Filled in at the edge.
    pub request_id: Option<String>,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    pub errors: Vec<FieldError>,
}

/// Left in the response's extensions, so that the edge can add the request id to the body.
#[derive(Debug, Clone)]
pub(super) struct ProblemNote(pub(super) std::sync::Arc<ProblemBody>);

/// Seconds a client is asked to wait before trying an overloaded or unavailable service again.
const RETRY_AFTER_SECONDS: u64 = 1;

impl Problem {
    /// A problem with a stable code and a sentence for the user.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code: code.into(), detail: detail.into(), errors: Vec::new(), retry_after: None }
    }

    /// What does not parse: 400.
    #[must_use]
    pub fn malformed(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", "the request does not parse")
            .at(pointer, code, detail)
    }

    /// What parses but is not acceptable: 422.
    #[must_use]
    pub fn unacceptable(
        pointer: impl Into<String>,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", "a value is not acceptable")
            .at(pointer, code, detail)
    }

    /// A value object said no, where no deserializer stood in between.
    #[must_use]
    pub fn refused_value(pointer: impl Into<String>, error: &ValueError) -> Self {
        Self::unacceptable(pointer, error.code, error.detail.clone())
    }

    /// What is not there, or not for this tenant: 404.
    #[must_use]
    pub fn not_found(code: &'static str, detail: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, detail)
    }

    /// Something on our side is not there right now: 503 with `Retry-After`.
    #[must_use]
    pub fn unavailable(code: &'static str, detail: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(RETRY_AFTER_SECONDS)
    }

    /// A fault of ours: a fixed sentence for the client, the cause for the log.
    #[must_use]
    pub fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "request failed");
        Self::our_fault()
    }

    /// A handler panicked; the panic itself was printed where it happened.
    #[must_use]
    pub fn panicked() -> Self {
        tracing::error!("request panicked");
        Self::our_fault()
    }

    fn our_fault() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "something went wrong on our side")
    }

    /// Names a field that is to blame.
    #[must_use]
    pub fn at(
        mut self,
        pointer: impl Into<String>,
        code: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        self.errors.push(FieldError { pointer: pointer.into(), code: code.into(), detail: detail.into() });
        self
    }

    /// Says that the fields to blame lie below `prefix`.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        for error in &mut self.errors {
            error.pointer.insert_str(0, prefix);
        }
        self
    }

    /// Asks the client to come back after some seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body, for places that answer several items at once.
    #[must_use]
    pub fn into_body(self) -> ProblemBody {
        let retryable = self.retry_after.is_some()
            || matches!(self.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS);
        ProblemBody {
            kind: format!("/errors#{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail.into_owned(),
            code: self.code.into_owned(),
            request_id: None,
            retryable,
            errors: self.errors,
        }
    }
}

impl ProblemBody {
    /// Writes the problem as a response.
    pub(super) fn response(&self, status: StatusCode) -> Response {
        let body = serde_json::to_vec(self).unwrap_or_default();
        let mut response = (status, body).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry_after) = (self.status, self.retry_after);
        let body = self.into_body();
        let mut response = body.response(status);
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(ProblemNote(std::sync::Arc::new(body)));
        response
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let status = match refused.kind {
            RefusalKind::NotFound => StatusCode::NOT_FOUND,
            RefusalKind::Conflict => StatusCode::CONFLICT,
            RefusalKind::Unacceptable => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let problem = Self::new(status, refused.code, refused.detail.clone());
        match refused.pointer {
            Some(pointer) => problem.at(pointer, refused.code, refused.detail),
            None => problem,
        }
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Refused(refused) => refused.into(),
            CommandError::VersionMismatch { current } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "version_mismatch",
                format!("the resource is at version {current}"),
            )
            .at("#If-Match", "version_mismatch", format!("the current version is {current}")),
            CommandError::KeyReused => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "this idempotency key was used for another request",
            )
            .at("#Idempotency-Key", "idempotency_key_reused", "use a new key for a new request"),
            CommandError::InFlight => Self::new(
                StatusCode::CONFLICT,
                "idempotency_key_in_flight",
                "a request with this idempotency key is in progress",
            )
            .retry_after(RETRY_AFTER_SECONDS),
            CommandError::Contended | CommandError::Outdated => {
                Self::unavailable("contended", "too many commands on this resource at once; try again")
            }
            CommandError::Crowded(_) => Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_waiting",
                "too many requests of your organization are waiting; nothing was done, try again",
            )
            .retry_after(RETRY_AFTER_SECONDS),
            CommandError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => {
                Self::unavailable("overloaded", "too many commands are waiting; nothing was done, try again")
            }
            StoreError::Timeout => Self::unavailable(
                "outcome_unknown",
                "the database did not answer in time; retry with the same Idempotency-Key to learn the outcome",
            ),
            StoreError::Unavailable(error) => database_unavailable(&error),
            StoreError::Decode { .. } | StoreError::Encode(_) => Self::internal(&error),
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::BadCursor => {
                Self::malformed("?cursor", "cursor_invalid", "the cursor does not belong to this query")
            }
            QueryError::Database(error) => error.into(),
            QueryError::Row(_) => Self::internal(&error),
        }
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let (code, detail) = (error.code(), error.to_string());
        match error {
            AuthError::TooManyAttempts { retry_after } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, code, detail)
                    .retry_after(retry_after.as_secs().max(1))
            }
            AuthError::Busy => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(RETRY_AFTER_SECONDS)
            }
            AuthError::Unavailable(error) => error.into(),
            AuthError::Signing(_) => Self::internal(&error),
            _ => Self::new(StatusCode::UNAUTHORIZED, code, detail),
        }
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        let transient = match &error {
            sqlx::Error::Database(database) => {
                // Resources, operator intervention, rollback, lock or statement timeout: not the request's fault.
                database
                    .code()
                    .is_some_and(|code| matches!(code.get(..2), Some("53" | "57" | "08" | "40" | "55")))
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::BeginFailed
            | sqlx::Error::WorkerCrashed => true,
            _ => false,
        };
        if transient { database_unavailable(&error) } else { Self::internal(&error) }
    }
}

fn database_unavailable(error: &sqlx::Error) -> Problem {
    tracing::warn!(error = error as &dyn std::error::Error, "database unavailable");
    Problem::unavailable(
        "database_unavailable",
        "the database cannot be reached; retry, with the same Idempotency-Key where there was one",
    )
}
