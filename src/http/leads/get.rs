use axum::extract::State;
use axum::response::Response;
use seiketsu_domain::ids::LeadId;
use seiketsu_domain::lead::Lead;
use seiketsu_projections::read_models::leads::{self, Leads};

use crate::app::App;
use crate::http::answer::resource;
use crate::http::problem::Problem;
use crate::http::request::{Ask, Empty, Id, LeadsRead};

/// Get a lead
#[utoipa::path(get, path = "/leads/{id}", tag = "leads", params(("id" = LeadId, Path)),
    responses((status = 200, description = "The lead", body = Lead)))]
pub async fn get_lead(
    State(app): State<App>,
    Id(id): Id<LeadId>,
    ask: Ask<LeadsRead, Empty>,
) -> Result<Response, Problem> {
    let arrived = app.arrive(&ask.freshness, &Leads).await?;
    let mut read = app.pools.read_as(ask.tenant()).await?;
    let found = leads::get(&mut read, ask.tenant(), id).await?;
    read.commit().await?;
    let found = found.ok_or(Problem::not_found("lead_not_found", "there is no such lead"))?;
    Ok(resource(arrived, found.0.version, found))
}
