use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::Call;
use seiketsu_domain::ids::CallId;
use seiketsu_projections::read_models::call_timeline::{self, CallTimeline, TimelineEntry};

use crate::app::App;
use crate::http::answer::shown;
use crate::http::openapi::PageOf;
use crate::http::paging::{PageParams, cursor};
use crate::http::problem::Problem;
use crate::http::references::require_here;
use crate::http::request::{Ask, CallsRead, Id};

/// Get the timeline of a call
///
/// What happened in it and to its escalations, from the beginning.
#[utoipa::path(get, path = "/calls/{id}/timeline", tag = "calls", params(("id" = CallId, Path), PageParams),
    responses((status = 200, description = "One page", body = PageOf<TimelineEntry>)))]
pub async fn get_timeline(
    State(app): State<App>,
    Id(id): Id<CallId>,
    ask: Ask<CallsRead, PageParams>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &CallTimeline).await?;
    let tenant = ask.tenant();
    require_here::<Call>(&app, tenant, id.0).await?;
    let cursor = cursor(ask.filter.cursor)?;
    let mut read = app.pools.read_as(tenant).await?;
    let page = call_timeline::list(&mut read, tenant, id, ask.filter.limit.0, cursor.as_deref()).await?;
    read.commit().await?;
    Ok(shown(arrived, &page))
}
