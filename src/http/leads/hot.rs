use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::lead::Lead;
use seiketsu_projections::read_models::hot_leads;
use seiketsu_projections::read_models::leads::Leads;

use crate::app::App;
use crate::http::answer::shown;
use crate::http::openapi::PageOf;
use crate::http::paging::{PageParams, cursor};
use crate::http::problem::Problem;
use crate::http::request::{Ask, LeadsRead};

/// List hot leads
///
/// The open leads of a high score, the most promising first.
#[utoipa::path(get, path = "/leads/hot", tag = "leads", params(PageParams),
    responses((status = 200, description = "One page", body = PageOf<Lead>)))]
pub async fn list_hot_leads(
    State(app): State<App>,
    ask: Ask<LeadsRead, PageParams>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &Leads).await?;
    let tenant = ask.tenant();
    let cursor = cursor(ask.filter.cursor)?;
    let mut read = app.pools.read_as(tenant).await?;
    let page = hot_leads::list(&mut read, tenant, ask.filter.limit.0, cursor.as_deref()).await?;
    read.commit().await?;
    Ok(shown(arrived, &page))
}
