use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seiketsu_projections::ApplyError;
use seiketsu_projections::retry::{Retried, retry, retry_at};

use super::parked::not_parked;
use super::path::{At, Named};
use crate::app::App;
use crate::http::answer::json;
use crate::http::problem::Problem;
use crate::http::request::{Empty, Operate, Order};

/// Retry all parked events
///
/// Stream by stream, in order; each stream stops at the first event that fails again.
#[utoipa::path(post, path = "/projections/{name}/parked/retry", tag = "operations",
    params(("name" = String, Path)), request_body = Empty,
    responses((status = 200, description = "What became of them", body = Retried)))]
pub async fn retry_all(
    State(app): State<App>,
    Named(projection): Named,
    _order: Order<Operate, Empty>,
) -> Result<Response, Problem> {
    let retried = retry(app.pools.system(), &projection).await.map_err(fault)?;
    Ok(json(StatusCode::OK, &retried))
}

/// Retry a parked stream
///
/// The stream that has an event parked at this position: in order, up to the first event that fails again.
#[utoipa::path(post, path = "/projections/{name}/parked/{position}/retry", tag = "operations",
    params(("name" = String, Path), ("position" = i64, Path)), request_body = Empty,
    responses((status = 200, description = "What became of its events", body = Retried)))]
pub async fn retry_parked(
    State(app): State<App>,
    At(projection, position): At,
    _order: Order<Operate, Empty>,
) -> Result<Response, Problem> {
    let retried = retry_at(app.pools.system(), &projection, position).await.map_err(fault)?;
    Ok(json(StatusCode::OK, &retried.ok_or_else(not_parked)?))
}

/// Only the database is left to say no: an event that cannot be applied is parked again.
pub fn fault(error: ApplyError) -> Problem {
    match error {
        ApplyError::Database(error) => error.into(),
        other => Problem::internal(&other),
    }
}
