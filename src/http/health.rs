//! Health and metrics. Liveness asks nothing of anybody; readiness asks the database; detail asks everybody.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use seiketsu_projections::lag::{self, Lag};
use seiketsu_projections::pause;
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::answer::json as answer;
use crate::app::App;
use crate::telemetry;

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
    components.extend(lags(&app).await);
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

async fn lags(app: &App) -> Vec<Value> {
    let component = |name: &str| format!("projection:{name}");
    let paused = pause::paused(app.pools.system()).await.unwrap_or_default();
    let is_paused = |name: &str| paused.iter().any(|pause| pause.projection == name);
    match lag::of(app.pools.system(), &app.projections()).await {
        Ok(lags) => lags
            .iter()
            .map(|lag| shown(component(&lag.projection), lag, is_paused(&lag.projection)))
            .collect(),
        Err(_) => {
            let unknown = |name| json!({ "component": component(name), "status": "unknown" });
            app.projections().iter().map(|projection| unknown(projection.name())).collect()
        }
    }
}

fn shown(component: String, lag: &Lag, paused: bool) -> Value {
    let seconds = lag.seconds as i64;
    let degraded = seconds > DEGRADED_AFTER_SECONDS || lag.parked > 0;
    let status = match (paused, degraded) {
        (true, _) => "paused",
        (false, true) => "degraded",
        (false, false) => "ok",
    };
    json!({
        "component": component, "status": status, "position": lag.position,
        "lagEvents": lag.events, "lagSeconds": seconds, "parkedEvents": lag.parked,
    })
}

async fn metrics(State(app): State<App>) -> Response {
    let Some(handle) = &app.metrics else { return StatusCode::NOT_FOUND.into_response() };
    telemetry::measure_lag(&app.pools).await;
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response()
}
