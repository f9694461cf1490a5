use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seiketsu_domain::values::Reason;
use seiketsu_projections::pause;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::path::Named;
use crate::app::App;
use crate::http::answer::json;
use crate::http::problem::Problem;
use crate::http::request::{Empty, Operate, Order};

/// Why it is to stand still.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PauseProjection {
    reason: Reason,
}

/// Whether it stands still now, and whether that is news.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Paused {
    paused: bool,
    /// Whether this request made it so.
    changed: bool,
}

/// Pause a read model
///
/// It stays where it is until it is resumed, in every process; the others go on. Readers who wait for it are told that it
/// lags, health shows it as paused.
#[utoipa::path(post, path = "/projections/{name}/pause", tag = "operations",
    params(("name" = String, Path)), request_body = PauseProjection,
    responses((status = 200, description = "Paused", body = Paused)))]
pub async fn pause_projection(
    State(app): State<App>,
    Named(projection): Named,
    order: Order<Operate, PauseProjection>,
) -> Result<Response, Problem> {
    let by = format!("user:{}", order.caller.user.0);
    let reason = order.body.reason.as_str();
    let changed = pause::pause(app.pools.system(), projection.name(), reason, &by).await?;
    Ok(json(StatusCode::OK, &Paused { paused: true, changed }))
}

/// Resume a read model
///
/// It goes on where it was, within seconds.
#[utoipa::path(post, path = "/projections/{name}/resume", tag = "operations",
    params(("name" = String, Path)), request_body = Empty,
    responses((status = 200, description = "Resumed", body = Paused)))]
pub async fn resume_projection(
    State(app): State<App>,
    Named(projection): Named,
    _order: Order<Operate, Empty>,
) -> Result<Response, Problem> {
    let changed = pause::resume(app.pools.system(), projection.name()).await?;
    Ok(json(StatusCode::OK, &Paused { paused: false, changed }))
}
