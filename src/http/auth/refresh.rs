use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::json;
use crate::http::problem::Problem;
use crate::http::request::Open;
use crate::identity::Session;

/// The token of the session.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefreshToken {
    pub(super) refresh_token: String,
}

/// Refresh a session
///
/// Gives new tokens for a refresh token, which is good for one use.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = RefreshToken,
    responses((status = 200, description = "Refreshed", body = Session)))]
pub async fn refresh_session(State(app): State<App>, open: Open<RefreshToken>) -> Result<Response, Problem> {
    Ok(json(StatusCode::OK, &app.identity.refresh(&open.body.refresh_token).await?))
}
