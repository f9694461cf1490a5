use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::json;
use crate::http::problem::Problem;
use crate::http::request::Open;
use crate::identity::{Credentials, Session};

/// Who somebody claims to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The organization's domain.
    organization: String,
    email: String,
    password: String,
    /// Ignored until a second factor can be enrolled.
    totp: Option<String>,
}

/// Log in
///
/// Whatever is wrong gets the same answer.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = Login,
    responses((status = 200, description = "Logged in", body = Session)))]
pub async fn log_in(State(app): State<App>, open: Open<Login>) -> Result<Response, Problem> {
    let Open { body, address } = open;
    let credentials = Credentials {
        organization: &body.organization,
        email: &body.email,
        password: &body.password,
        totp: body.totp.as_deref(),
        address,
    };
    Ok(json(StatusCode::OK, &app.identity.login(&credentials).await?))
}
