use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::app::App;
use crate::http::answer::json;
use crate::http::problem::Problem;
use crate::http::request::authenticate;
use crate::identity::UserProfile;

/// Who am I
#[utoipa::path(get, path = "/auth/me", tag = "auth",
    responses((status = 200, description = "The caller", body = UserProfile)))]
pub async fn get_me(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = authenticate(&headers, &app).await?;
    Ok(json(StatusCode::OK, &app.identity.me(&caller)))
}
