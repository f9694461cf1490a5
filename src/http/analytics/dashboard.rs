use axum::extract::State;
use axum::response::Response;
use seiketsu_projections::read_models::dashboard::{self, Dashboard, LiveDashboard};

use crate::app::App;
use crate::clock;
use crate::http::answer::shown;
use crate::http::problem::Problem;
use crate::http::request::{AnalyticsRead, Ask, Empty};

/// Get the live dashboard
///
/// How things stand now; "today" is the day in UTC.
#[utoipa::path(get, path = "/analytics/dashboard", tag = "analytics",
    responses((status = 200, description = "The dashboard", body = Dashboard)))]
pub async fn get_dashboard(
    State(app): State<App>,
    ask: Ask<AnalyticsRead, Empty>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &LiveDashboard).await?;
    let mut read = app.pools.read_as(ask.tenant()).await?;
    let dashboard = dashboard::get(&mut read, ask.tenant(), clock::now()).await?;
    read.commit().await?;
    Ok(shown(arrived, &dashboard))
}
