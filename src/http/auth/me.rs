use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use crate::app::App;
use crate::http::answer::json;
use crate::http::problem::Problem;
use crate::http::request::{authenticate, refuse_query};
use crate::identity::UserProfile;

/// Who am I
#[utoipa::path(get, path = "/auth/me", tag = "auth",
    responses((status = 200, description = "The caller", body = UserProfile)))]
pub async fn get_me(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let caller = authenticate(&headers, &app).await?;
    refuse_query(&uri)?;
    Ok(json(StatusCode::OK, &app.identity.me(&caller)))
}
