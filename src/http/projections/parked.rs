use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use seiketsu_projections::dead_letter::{self, ParkedEvent, ParkedStream};
use seiketsu_projections::skip::{self, SkippedEvent};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::path::{ParkedAt, Parking};
use crate::app::App;
use crate::http::answer::json;
use crate::http::paging::Limit;
use crate::http::problem::Problem;
use crate::http::request::{Ask, Operate};

/// How much to show.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShownParams {
    #[serde(default)]
    #[param(value_type = Option<i64>, minimum = 1, maximum = 100)]
    limit: Limit,
}

/// No parameters.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct None {}

/// Streams that wait, the longest waiting first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParkedStreams {
    data: Vec<ParkedStream>,
}

/// A stream's parked events, in order.
#[derive(Debug, Serialize, ToSchema)]
pub struct ParkedEvents {
    data: Vec<ParkedEvent>,
}

/// Skipped events, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SkippedEvents {
    data: Vec<SkippedEvent>,
}

/// List parked streams
///
/// Streams of which an event could not be applied, or, under the name `relay`, not be sent to Kafka; the longest waiting
/// first.
#[utoipa::path(get, path = "/projections/{name}/parked", tag = "operations",
    params(("name" = String, Path), ShownParams),
    responses((status = 200, description = "Parked streams", body = ParkedStreams)))]
pub async fn list_parked(
    State(app): State<App>,
    Parking(name): Parking,
    ask: Ask<Operate, ShownParams>,
) -> Result<Response, Problem> {
    let limit = ask.filter.limit.0;
    let data = dead_letter::list(app.pools.system(), Some(name), limit).await?;
    Ok(json(StatusCode::OK, &ParkedStreams { data }))
}

/// Show a parked stream
///
/// The parked events of the stream that has one at this position, in order: the one that failed, and those that wait.
#[utoipa::path(get, path = "/projections/{name}/parked/{position}", tag = "operations",
    params(("name" = String, Path), ("position" = i64, Path)),
    responses((status = 200, description = "Parked events", body = ParkedEvents)))]
pub async fn show_parked(
    State(app): State<App>,
    ParkedAt(name, position): ParkedAt,
    _ask: Ask<Operate, None>,
) -> Result<Response, Problem> {
    let data = dead_letter::events_with(app.pools.system(), name, position).await?;
    if data.is_empty() {
        return Err(not_parked());
    }
    Ok(json(StatusCode::OK, &ParkedEvents { data }))
}

/// List skipped events
///
/// The events this read model goes without: who skipped them, when and why. The latest first.
#[utoipa::path(get, path = "/projections/{name}/skipped", tag = "operations",
    params(("name" = String, Path), ShownParams),
    responses((status = 200, description = "Skipped events", body = SkippedEvents)))]
pub async fn list_skipped(
    State(app): State<App>,
    Parking(name): Parking,
    ask: Ask<Operate, ShownParams>,
) -> Result<Response, Problem> {
    let limit = ask.filter.limit.0;
    let data = skip::skipped(app.pools.system(), Some(name), limit).await?;
    Ok(json(StatusCode::OK, &SkippedEvents { data }))
}

/// Nothing is parked there.
pub fn not_parked() -> Problem {
    Problem::not_found("event_not_parked", "no event is parked at this position")
}
