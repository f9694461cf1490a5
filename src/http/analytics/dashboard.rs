use std::time::Duration;

use axum::extract::State;
use axum::response::Response;
use seiketsu_projections::planted;
use seiketsu_projections::read_models::dashboard::{self, Dashboard, LiveDashboard};

use crate::app::App;
use crate::clock;
use crate::http::answer::{json_bytes, shown};
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
    assert!(!planted::bug("panic-in-a-handler"), "a planted bug");
    // Whoever waits for a write of their own does not want what others saw a moment ago.
    let hot = app.hot.as_ref().filter(|_| ask.freshness.awaited.is_none());
    if let Some(hot) = hot
        && let Some(answer) = hot.get(ask.tenant(), QUERY).await
    {
        return Ok(json_bytes(answer));
    }
    let arrived = app.arrive(&ask.freshness, &LiveDashboard).await?;
    let mut read = app.pools.read_as(ask.tenant()).await?;
    let dashboard = dashboard::get(&mut read, ask.tenant(), clock::now()).await?;
    read.commit().await?;
    if let Some(hot) = hot
        && let Ok(answer) = serde_json::to_vec(&dashboard)
    {
        hot.put(ask.tenant(), QUERY, &answer, KEPT).await;
    }
    Ok(shown(arrived, &dashboard))
}

/// What the dashboard is kept under.
const QUERY: &str = "analytics/dashboard";
/// For how long: shorter than anybody notices, long enough for a crowd.
const KEPT: Duration = Duration::from_millis(250);
