//! Health and metrics. Liveness asks nothing of anybody; readiness asks the database; detail asks everybody.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::json as answer;
use crate::app::App;
use crate::clock;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(live))
        .routes(routes!(ready))
        .routes(routes!(detailed))
}

/// `/metrics`, outside the documented API.
pub fn metrics_routes() -> Router<App> {
    Router::new().route("/metrics", get(metrics))
}

/// Status and version
#[utoipa::path(get, path = "/api/health", tag = "system", responses((status = 200, description = "Up", body = Value)))]
async fn health() -> Response {
    answer(StatusCode::OK, &json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// Whether the process runs
#[utoipa::path(get, path = "/api/health/live", tag = "system", responses((status = 200, description = "Alive", body = Value)))]
async fn live() -> Response {
    answer(StatusCode::OK, &json!({ "status": "ok" }))
}

/// Whether this instance can serve
#[utoipa::path(get, path = "/api/health/ready", tag = "system", responses((status = 200, description = "Ready", body = Value)))]
async fn ready(State(app): State<App>) -> Response {
    if app.stop.is_cancelled() {
        return answer(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "draining" }));
    }
    match database(&app).await {
        Ok(_) => answer(StatusCode::OK, &json!({ "status": "ok" })),
        Err(_) => answer(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "unavailable" })),
    }
}

/// Every component with status, latency and lag
#[utoipa::path(get, path = "/api/health/detailed", tag = "system", responses((status = 200, description = "Detail", body = Value)))]
async fn detailed(State(app): State<App>) -> Response {
    let started = std::time::Instant::now();
    let head = database(&app).await;
    let latency = started.elapsed().as_secs_f64() * 1000.0;
    let Ok(head) = head else {
        let body = json!({ "status": "unavailable", "components": [{ "component": "database", "status": "unavailable" }] });
        return answer(StatusCode::SERVICE_UNAVAILABLE, &body);
    };
    let mut components =
        vec![json!({ "component": "database", "status": "ok", "latencyMs": latency, "position": head })];
    components.extend(lags(&app, head).await);
    let degraded = components.iter().any(|component| component["status"] != "ok");
    let status = if degraded { "degraded" } else { "ok" };
    answer(
        StatusCode::OK,
        &json!({ "status": status, "version": env!("CARGO_PKG_VERSION"), "components": components }),
    )
}

async fn database(app: &App) -> Result<i64, sqlx::Error> {
    seiketsu_projections::store::head(app.pools.system()).await
}

/// A projection this far behind, in seconds, is worth a look.
const DEGRADED_AFTER_SECONDS: i64 = 30;

async fn lags(app: &App, head: i64) -> Vec<Value> {
    let mut components = Vec::new();
    for projection in app.projections() {
        let lag = lag(app, projection.name(), projection.version()).await;
        components.push(match lag {
            Ok((position, seconds, parked)) => json!({
                "component": format!("projection:{}", projection.name()),
                "status": if seconds > DEGRADED_AFTER_SECONDS || parked > 0 { "degraded" } else { "ok" },
                "position": position, "lagEvents": (head - position).max(0), "lagSeconds": seconds,
                "parkedEvents": parked,
            }),
            Err(_) => {
                json!({ "component": format!("projection:{}", projection.name()), "status": "unknown" })
            }
        });
    }
    components
}

/// Position, age of the oldest event not applied in seconds, parked events.
async fn lag(app: &App, projection: &str, version: i32) -> Result<(i64, i64, i64), sqlx::Error> {
    let (position, oldest, parked): (i64, Option<chrono::DateTime<chrono::Utc>>, i64) = sqlx::query_as(
        "with mark as (select projection_watermark($1, $2) as position)
         select mark.position,
                (select e.recorded_at from events e where e.position > mark.position order by e.position limit 1),
                (select count(*) from dead_letters where projection = $1)
           from mark",
    )
    .bind(projection)
    .bind(version)
    .fetch_one(app.pools.system())
    .await?;
    let seconds = oldest.map_or(0, |oldest| (clock::now().get() - oldest).num_seconds().max(0));
    Ok((position, seconds, parked))
}

async fn metrics(State(app): State<App>) -> Response {
    let Some(handle) = &app.metrics else { return StatusCode::NOT_FOUND.into_response() };
    if let Ok(head) = database(&app).await {
        metrics::gauge!("eventstore_head_position").set(head as f64);
        for projection in app.projections() {
            if let Ok((position, seconds, _)) = lag(&app, projection.name(), projection.version()).await {
                metrics::gauge!("projection_position", "projection" => projection.name())
                    .set(position as f64);
                metrics::gauge!("projection_lag_seconds", "projection" => projection.name())
                    .set(seconds as f64);
            }
        }
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response()
}
