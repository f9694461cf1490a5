use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seiketsu_domain::values::Reason;
use seiketsu_projections::retry::Retried;
use seiketsu_projections::skip::{SkipError, skip};
use serde::Deserialize;
use utoipa::ToSchema;

use super::parked::not_parked;
use super::path::At;
use super::retry::fault;
use crate::app::App;
use crate::http::answer::json;
use crate::http::problem::Problem;
use crate::http::request::{Operate, Order};

/// Why it may be gone without.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SkipEvent {
    pub reason: Reason,
}

/// Skip a parked event
///
/// For good: this read model goes without the event that failed, now and in every rebuild. What waits behind it is
/// applied, up to the next event that fails. Who, when and why is kept.
#[utoipa::path(post, path = "/projections/{name}/parked/{position}/skip", tag = "operations",
    params(("name" = String, Path), ("position" = i64, Path)), request_body = SkipEvent,
    responses((status = 200, description = "What became of the events behind it", body = Retried)))]
pub async fn skip_parked(
    State(app): State<App>,
    At(projection, position): At,
    order: Order<Operate, SkipEvent>,
) -> Result<Response, Problem> {
    let by = format!("user:{}", order.caller.user.0);
    let (reason, by) = (order.body.reason.as_str(), by.as_str());
    let skipped = skip(app.pools.system(), &projection, position, (reason, by)).await;
    Ok(json(StatusCode::OK, &skipped.map_err(refused)?))
}

/// Why it is not skipped.
pub fn refused(error: SkipError) -> Problem {
    match error {
        SkipError::NotParked => not_parked(),
        SkipError::OnlyWaits(_) => Problem::new(StatusCode::CONFLICT, "event_only_waits", error.to_string()),
        SkipError::Failed(error) => fault(error),
    }
}
