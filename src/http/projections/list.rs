use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seiketsu_projections::standing::{self, Standing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::http::answer::json;
use crate::http::problem::Problem;
use crate::http::request::{Ask, Operate};

/// No parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct None {}

/// Every read model.
#[derive(Debug, Serialize, ToSchema)]
pub struct Projections {
    data: Vec<Standing>,
}

/// List read models
///
/// Where each stands, whether it is paused, and how much is parked.
#[utoipa::path(get, path = "/projections", tag = "operations",
    responses((status = 200, description = "Every read model", body = Projections)))]
pub async fn list_projections(State(app): State<App>, _ask: Ask<Operate, None>) -> Result<Response, Problem> {
    let data = standing::of(app.pools.system(), &app.projections()).await?;
    Ok(json(StatusCode::OK, &Projections { data }))
}
