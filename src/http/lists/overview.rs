use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::app::App;
use crate::clock;
use crate::http::answer::json;
use crate::http::problem::Problem;
use crate::http::request::{Ask, ConsentRead};
use crate::lists::{self, Overview};

/// No parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct None {}

/// Show what lists are held
///
/// The recorded access to the national registry, and what was taken over: by list, what shows the latest moment first;
/// 1,000 at most. `stale` extracts are too old to be used for solicitations.
#[utoipa::path(get, path = "/lists", tag = "lists",
    responses((status = 200, description = "What is held", body = Overview)))]
pub async fn get_lists(State(app): State<App>, ask: Ask<ConsentRead, None>) -> Result<Response, Problem> {
    let mut read = app.pools.read_as(ask.tenant()).await?;
    let held = lists::overview(&mut read, ask.tenant(), clock::now()).await?;
    Ok(json(StatusCode::OK, &held))
}
