use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::parked::not_parked;
use super::path::OfRelay;
use super::skip::{SkipEvent, refused};
use crate::app::App;
use crate::http::answer::json;
use crate::http::problem::Problem;
use crate::http::request::{Empty, Operate, Order};
use crate::relay::retry;

/// What the relay is asked to do: it does so within seconds, once it is active.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// Events parked that are to be sent again.
    asked: u64,
}

/// Send the relay's parked events again
///
/// What Kafka would not take, and what waits behind it: stream by stream, in order; each stream stops at the first event
/// that is refused again. Read models fed by Kafka get such streams by a rebuild.
#[utoipa::path(post, path = "/projections/relay/parked/retry", tag = "operations", request_body = Empty,
    responses((status = 202, description = "What the relay is asked for", body = Asked)))]
pub async fn send_all(State(app): State<App>, _order: Order<Operate, Empty>) -> Result<Response, Problem> {
    let asked = retry::ask(app.pools.system(), None).await?;
    Ok(json(StatusCode::ACCEPTED, &Asked { asked }))
}

/// Send a stream of the relay's parked events again
///
/// The stream that has an event parked at this position: in order, up to the first event that is refused again.
#[utoipa::path(post, path = "/projections/relay/parked/{position}/retry", tag = "operations",
    params(("position" = i64, Path)), request_body = Empty,
    responses((status = 202, description = "What the relay is asked for", body = Asked)))]
pub async fn send_parked(
    State(app): State<App>,
    OfRelay(position): OfRelay,
    _order: Order<Operate, Empty>,
) -> Result<Response, Problem> {
    match retry::ask(app.pools.system(), Some(position)).await? {
        0 => Err(not_parked()),
        asked => Ok(json(StatusCode::ACCEPTED, &Asked { asked })),
    }
}

/// Go without an event that Kafka would not take
///
/// For good: it is not sent. What waits behind it is. Who, when and why is kept.
#[utoipa::path(post, path = "/projections/relay/parked/{position}/skip", tag = "operations",
    params(("position" = i64, Path)), request_body = SkipEvent,
    responses((status = 202, description = "What the relay is asked for", body = Asked)))]
pub async fn send_without(
    State(app): State<App>,
    OfRelay(position): OfRelay,
    order: Order<Operate, SkipEvent>,
) -> Result<Response, Problem> {
    let by = format!("user:{}", order.caller.user.0);
    let why = (order.body.reason.as_str(), by.as_str());
    let asked = retry::skip(app.pools.system(), position, why).await.map_err(refused)?;
    Ok(json(StatusCode::ACCEPTED, &Asked { asked }))
}
