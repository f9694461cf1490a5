use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::refresh::RefreshToken;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::request::Open;

/// Log out
///
/// Ends the session of a refresh token; repeating it changes nothing.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", request_body = RefreshToken,
    responses((status = 204, description = "Logged out")))]
pub async fn log_out(State(app): State<App>, open: Open<RefreshToken>) -> Result<Response, Problem> {
    app.identity.logout(&open.body.refresh_token).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
