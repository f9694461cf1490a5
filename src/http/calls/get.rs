use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::Call;
use seiketsu_domain::ids::CallId;
use seiketsu_projections::read_models::calls::{self, Calls};

use crate::app::App;
use crate::http::answer::resource;
use crate::http::problem::Problem;
use crate::http::request::{Ask, CallsRead, Empty, Id};

/// Get a call
#[utoipa::path(get, path = "/calls/{id}", tag = "calls", params(("id" = CallId, Path)),
    responses((status = 200, description = "The call", body = Call)))]
pub async fn get_call(
    State(app): State<App>,
    Id(id): Id<CallId>,
    ask: Ask<CallsRead, Empty>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &Calls).await?;
    let mut read = app.pools.read_as(ask.tenant()).await?;
    let found = calls::get(&mut read, ask.tenant(), id).await?;
    read.commit().await?;
    let found = found.ok_or(Problem::not_found("call_not_found", "there is no such call"))?;
    Ok(resource(arrived, found.0.version, found))
}
