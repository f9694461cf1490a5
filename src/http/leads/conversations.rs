use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::call::Call;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::Lead;
use seiketsu_projections::read_models::calls::{self, Calls};

use crate::app::App;
use crate::http::answer::shown;
use crate::http::openapi::PageOf;
use crate::http::paging::{PageParams, cursor};
use crate::http::problem::Problem;
use crate::http::references::require_here;
use crate::http::request::{Ask, Id, LeadsRead};

/// List the conversations with a lead
///
/// Its calls, the latest first.
#[utoipa::path(get, path = "/leads/{id}/conversations", tag = "leads", params(("id" = LeadId, Path), PageParams),
    responses((status = 200, description = "One page", body = PageOf<Call>)))]
pub async fn list_conversations(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    ask: Ask<LeadsRead, PageParams>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &Calls).await?;
    let tenant = ask.tenant();
    require_here::<Lead>(&app, tenant, id.0).await?;
    let cursor = cursor(ask.filter.cursor)?;
    let mut read = app.pools.read_as(tenant).await?;
    let page = calls::of_lead(&mut read, tenant, id, ask.filter.limit.0, cursor).await?;
    read.commit().await?;
    Ok(shown(arrived, &page))
}
