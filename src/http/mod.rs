//! The HTTP contract (`docs/openapi.json`): one folder per noun, one file per verb.

/// What handlers give back.
pub mod answer;
/// Reading bodies.
pub mod body;
/// What happens to every request.
pub mod edge;
/// Limits of lists.
pub mod paging;
/// Answers in the caller's words.
pub mod problem;
/// Checking what commands point at.
pub mod references;
/// What handlers take.
pub mod request;
/// The accept loop.
pub mod server;
/// Objects are objects.
mod strict;
/// Consistency tokens.
pub mod token;
/// Bodies nobody read to their end.
mod unread;

/// Numbers.
pub mod analytics;
/// Proofs of what was recorded.
pub mod audit;
/// Login.
pub mod auth;
/// Phone calls.
pub mod calls;
/// What organizations set for all their contacts.
pub mod compliance;
/// Consent, permissions and the internal do-not-call list.
pub mod consents;
/// Calls for a human.
pub mod escalations;
/// The event feed.
pub mod events;
/// Health and metrics.
pub mod health;
/// Leads.
pub mod leads;
/// Do-not-call lists from outside.
pub mod lists;
/// The document that describes all this.
pub mod openapi;
/// Work on projections.
pub mod projections;

use axum::Router;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use problem::Problem;

/// The whole API under its layers.
pub fn router(app: App) -> Router {
    let (routes, document) = api().split_for_parts();
    let documented = openapi::finish(document);
    let routes = routes
        .merge(health::metrics_routes())
        .merge(openapi::routes(&documented))
        .fallback(no_such_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(app.clone(), edge::edge));
    match cors(&app.allowed_origins) {
        Some(cors) => routes.layer(cors).with_state(app),
        None => routes.with_state(app),
    }
}

/// Every documented route, grouped by who calls it.
pub fn api() -> OpenApiRouter<App> {
    let v1 = OpenApiRouter::new()
        .merge(auth::routes())
        .merge(calls::routes())
        .merge(leads::routes())
        .merge(consents::routes())
        .merge(lists::routes())
        .merge(compliance::routes())
        .merge(escalations::routes())
        .merge(events::routes())
        .merge(analytics::routes())
        .merge(projections::routes())
        .merge(audit::routes());
    OpenApiRouter::with_openapi(openapi::frame()).nest("/api/v1", v1).merge(health::routes())
}

async fn no_such_route() -> Problem {
    Problem::not_found("route_not_found", "there is nothing at this path")
}

async fn wrong_method(method: Method) -> Problem {
    let method: String = method.as_str().chars().take(20).collect();
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        format!("{method} is not possible here"),
    )
}

/// Off unless origins are named; never reflects.
fn cors(origins: &[String]) -> Option<tower_http::cors::CorsLayer> {
    use tower_http::cors::{Any, CorsLayer};
    if origins.is_empty() {
        return None;
    }
    let origins: Vec<_> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    let layer = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers(Any)
        .expose_headers(Any);
    Some(layer)
}
