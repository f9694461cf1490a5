use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::Lead;
use seiketsu_projections::read_models::lead_timeline::{self, LeadTimeline, TimelineEntry};

use crate::app::App;
use crate::http::answer::shown;
use crate::http::openapi::PageOf;
use crate::http::paging::{PageParams, cursor};
use crate::http::problem::Problem;
use crate::http::references::require_here;
use crate::http::request::{Ask, Id, LeadsRead};

/// Get the timeline of a lead
///
/// What happened to it and in its calls, from the beginning.
#[utoipa::path(get, path = "/leads/{id}/timeline", tag = "leads", params(("id" = LeadId, Path), PageParams),
    responses((status = 200, description = "One page", body = PageOf<TimelineEntry>)))]
pub async fn get_lead_timeline(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    ask: Ask<LeadsRead, PageParams>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &LeadTimeline).await?;
    let tenant = ask.tenant();
    require_here::<Lead>(&app, tenant, id.0).await?;
    let cursor = cursor(ask.filter.cursor)?;
    let mut read = app.pools.read_as(tenant).await?;
    let page = lead_timeline::list(&mut read, tenant, id, ask.filter.limit.0, cursor.as_deref()).await?;
    read.commit().await?;
    Ok(shown(arrived, &page))
}
