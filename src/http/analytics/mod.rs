//! Numbers: how things stand, and what happened.

mod dashboard;
mod series;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// The routes of this noun.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(dashboard::get_dashboard))
        .routes(routes!(series::get_calls))
        .routes(routes!(series::get_leads))
        .routes(routes!(series::get_agents))
        .routes(routes!(series::get_escalations))
        .routes(routes!(series::get_consent))
}
